import type { Command } from 'commander';
import { listAudit } from '../admin/audit.ts';
import { addCommand, addGroup, readCount } from './command.ts';
import { answer, type Shell } from './shell.ts';
import { withStore } from './store.ts';
import { formatTable, isoTime } from './table.ts';

export function addAuditCommands(program: Command, shell: Shell): void {
  const group = addGroup(program, 'audit', 'who did what: operators, and every change to an account');
  addCommand(group, 'list [connection]', 'show the audit trail, newest first', [
    'audit list',
    'audit list crm --limit 20 --json',
  ])
    .option('--limit <count>', 'at most so many', readCount, 50)
    .action((id: string | undefined, options: { limit: number; json?: true }) =>
      withStore(shell, async ({ operator }) => {
        const entries = await listAudit(operator, id ?? null, options.limit);
        const rows = entries.map(({ at, actor, action, connectionId, target, detail }) => {
          return [isoTime(at), actor, action, connectionId, target, JSON.stringify(detail)];
        });
        const head = ['at', 'who', 'action', 'connection', 'what', 'detail'];
        const view = entries.map((entry) => ({ ...entry, at: isoTime(entry.at) }));
        answer(shell, options, view, formatTable(head, rows, 'Nothing has been done yet.'));
      }),
    );
}
