import type { Command } from 'commander';
import { findAccount } from '../admin/accounts.ts';
import { requireConnection } from '../admin/operator.ts';
import { addCommand } from './command.ts';
import { planAccount, planConnection } from './plan-report.ts';
import { formatReport, reportView } from './preview-text.ts';
import { answer, type Shell } from './shell.ts';
import { withStore } from './store.ts';

export function addPlanCommand(program: Command, shell: Shell): void {
  addCommand(
    program,
    'plan <connection> [user]',
    'show what deliveries would do, step by step and field by field; reads the vendor, changes nothing',
    ['plan crm', 'plan crm ana@example.com', 'plan crm --json'],
  ).action((id: string, user: string | undefined, options: { json?: true }) =>
    withStore(shell, async ({ operator }) => {
      // A dry-run connection's plan is what it would do if it were live.
      const connection = { ...(await requireConnection(operator.db, id)), dryRun: false };
      const report =
        user === undefined
          ? await planConnection(operator, connection)
          : await planAccount(operator, connection, (await findAccount(operator, id, user)).account.id);
      answer(shell, options, reportView(report), formatReport(report));
    }),
  );
}
