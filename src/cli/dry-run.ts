import type { Command } from 'commander';
import { editConnection } from '../admin/connections.ts';
import { requireConnection } from '../admin/operator.ts';
import { OperatorError } from '../core/errors.ts';
import type { ConnectionId } from '../core/ids.ts';
import { addCommand, addGroup } from './command.ts';
import { planConnection } from './plan-report.ts';
import { formatReport, reportView } from './preview-text.ts';
import { confirm } from './prompt.ts';
import { answer, printLine, type Shell } from './shell.ts';
import { type Workplace, withStore } from './store.ts';

interface DryRunOptions {
  yes?: true;
  json?: true;
}

export function addDryRunCommands(program: Command, shell: Shell): void {
  const group = addGroup(program, 'dry-run', 'store what is pushed and deliver nothing');
  addCommand(group, 'on <connection>', 'deliver nothing from now on', ['dry-run on crm']).action(
    (id: string, options: DryRunOptions) => withStore(shell, (place) => beginDryRun(place, id, options)),
  );
  addCommand(group, 'off <connection>', 'show the plan, ask, and deliver it', [
    'dry-run off crm',
    'dry-run off crm --yes',
  ])
    .option('--yes', 'do not ask')
    .action((id: string, options: DryRunOptions) =>
      withStore(shell, (place) => endDryRun(place, id, options)),
    );
}

async function beginDryRun(
  { shell, operator }: Workplace,
  id: string,
  options: DryRunOptions,
): Promise<void> {
  const { dryRun } = await requireConnection(operator.db, id);
  if (dryRun) throw new OperatorError(`The connection "${id}" is in dry-run already.`);
  await editConnection(operator, id, { dryRun: true });
  const text = `The connection "${id}" delivers nothing from now on.`;
  answer(shell, options, { connection: id, dryRun: true }, text);
}

/** Shows what would be delivered, asks, and makes the connection live. Throws OperatorError if it is, or for a no. */
export async function endDryRun(place: Workplace, id: ConnectionId, options: DryRunOptions): Promise<void> {
  const { shell, operator } = place;
  const connection = await requireConnection(operator.db, id);
  if (!connection.dryRun) throw new OperatorError(`The connection "${id}" is live already.`);
  const report = await planConnection(operator, { ...connection, dryRun: false });
  if (!options.json) printLine(shell, formatReport(report));
  await confirm(shell, 'Deliver this from now on?', options.yes === true);
  await editConnection(operator, id, { dryRun: false });
  const told = { connection: id, dryRun: false, plan: reportView(report) };
  answer(shell, options, told, `The connection "${id}" is live.`);
}
