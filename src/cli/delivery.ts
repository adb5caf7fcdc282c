import { type Command, Option } from 'commander';
import { listDeliveries } from '../admin/accounts.ts';
import type { DeliveryResult } from '../core/delivery.ts';
import type { JsonObject } from '../core/json.ts';
import { addCommand, addGroup, readCount } from './command.ts';
import { answer, type Shell } from './shell.ts';
import { type Workplace, withStore } from './store.ts';
import { formatTable, isoTime } from './table.ts';
import { deliveryView } from './views.ts';

const RESULTS: readonly DeliveryResult[] = [
  'done',
  'nothing',
  'planned',
  'task',
  'unsupported',
  'refused',
  'conflict',
  'held',
  'retry',
];

interface ListOptions {
  account?: string;
  result?: DeliveryResult;
  limit: number;
  json?: true;
}

export function addDeliveryCommands(program: Command, shell: Shell): void {
  const group = addGroup(program, 'delivery', 'what was attempted at the vendor, and how it ended');
  addCommand(group, 'list <connection>', 'show attempts, newest first', [
    'delivery list crm',
    'delivery list crm --account ana@example.com --limit 10',
    'delivery list crm --result refused',
  ])
    .option('--account <account>', 'only of this userName, address or account id')
    .addOption(new Option('--result <result>', 'only with this result').choices([...RESULTS]))
    .option('--limit <count>', 'at most so many', readCount, 50)
    .action((id: string, options: ListOptions) => withStore(shell, (place) => list(place, id, options)));
}

async function list({ shell, operator }: Workplace, id: string, options: ListOptions): Promise<void> {
  const { account, result, limit } = options;
  const filter = { limit, ...(result && { result }), ...(account !== undefined && { match: account }) };
  const deliveries = await listDeliveries(operator, id, filter);
  const rows = deliveries.map((delivery) => [
    isoTime(delivery.endedAt),
    delivery.accountId,
    delivery.result,
    delivery.steps.map(nameStep).join(', '),
    delivery.attempt,
    `${delivery.endedAt - delivery.startedAt} ms`,
    delivery.error?.message,
  ]);
  const head = ['ended', 'account', 'result', 'steps', 'attempt', 'took', 'error'];
  const text = formatTable(head, rows, 'There is no such delivery.');
  answer(shell, options, deliveries.map(deliveryView), text);
}

function nameStep({ step, error }: JsonObject): string {
  return error === undefined ? String(step) : `${String(step)} (failed)`;
}
