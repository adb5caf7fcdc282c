import { type Command, Option } from 'commander';
import { type AccountDetail, listAccounts, retryAccount, showAccount } from '../admin/accounts.ts';
import { type AccountState, STATE_CHANGES } from '../core/account-state.ts';
import { addCommand, addGroup, readCount } from './command.ts';
import { answer, type Shell } from './shell.ts';
import { type Workplace, withStore } from './store.ts';
import { formatRecord, formatTable, isoTime, plainText } from './table.ts';
import { accountView, deliveryView, taskView } from './views.ts';

interface ListOptions {
  state?: AccountState;
  user?: string;
  limit: number;
  json?: true;
}

export function addAccountCommands(program: Command, shell: Shell): void {
  const group = addGroup(program, 'account', 'where each person’s account at the vendor stands');
  addCommand(group, 'list <connection>', 'show accounts, oldest first', [
    'account list crm --state refused',
    'account list crm --user ana@example.com',
  ])
    .addOption(new Option('--state <state>', 'only in this state').choices(Object.keys(STATE_CHANGES)))
    .option('--user <user>', 'only of this userName, address or id')
    .option('--limit <count>', 'at most so many', readCount, 1000)
    .action((id: string, options: ListOptions) => withStore(shell, (place) => list(place, id, options)));
  addCommand(group, 'show <connection> <account>', 'show one account, by userName, address or id', [
    'account show crm ana@example.com',
  ]).action((id: string, match: string, options: { json?: true }) =>
    withStore(shell, (place) => show(place, id, match, options)),
  );
  addCommand(group, 'retry <connection> <account>', 'deliver now, whatever stopped it', [
    'account retry crm ana@example.com',
  ]).action((id: string, match: string, options: { json?: true }) =>
    withStore(shell, async ({ operator }) => {
      const { account, name } = await retryAccount(operator, id, match);
      const text = `The account of ${plainText(name ?? account.address ?? account.id)} is due now.`;
      answer(shell, options, { connection: id, account: account.id, due: true }, text);
    }),
  );
}

async function list({ shell, operator }: Workplace, id: string, options: ListOptions): Promise<void> {
  const { state, user, limit } = options;
  const filter = { limit, ...(state && { state }), ...(user !== undefined && { match: user }) };
  const accounts = await listAccounts(operator, id, filter);
  const rows = accounts.map(({ account, name }) => [
    account.id,
    account.kind === 'group' ? `group ${name ?? '(deleted)'}` : (name ?? '(deleted)'),
    account.state,
    account.address,
    isoTime(account.dueAt),
    account.lastError?.message,
  ]);
  const head = ['id', 'user', 'state', 'address', 'due', 'last error'];
  const table = formatTable(head, rows, 'There is no such account.');
  const more = accounts.length === limit ? `\n\nThere may be more than ${limit}: raise --limit.` : '';
  answer(shell, options, accounts.map(accountView), table + more);
}

async function show(
  { shell, operator }: Workplace,
  id: string,
  match: string,
  options: { json?: true },
): Promise<void> {
  const detail = await showAccount(operator, id, match);
  const tasks = detail.openTasks.map(taskView);
  const deliveries = detail.deliveries.map(deliveryView);
  answer(shell, options, { ...accountView(detail), tasks, deliveries }, formatDetail(detail));
}

function formatDetail({ account, name, openTasks, deliveries }: AccountDetail): string {
  const { lastError, actual } = account;
  const record = formatRecord([
    ['id', account.id],
    [account.kind, name ?? '(deleted)'],
    ['state', account.state],
    ['address', account.address],
    ['vendor id', account.vendorId],
    ['origin', account.origin],
    ['at the vendor', actual?.presence],
    ['protected', actual?.protected],
    ['fields', actual && JSON.stringify(actual.fields)],
    ['written', JSON.stringify(account.written)],
    ['version', `${account.settledVersion} of ${account.wantedVersion} settled`],
    ['due', isoTime(account.dueAt)],
    ['failed attempts', account.attempts],
    ['last error', lastError && `${isoTime(lastError.at)} ${lastError.code}: ${lastError.message}`],
  ]);
  const tasks = openTasks.map((task) => [task.id, task.title]);
  const attempts = deliveries.map((one) => [isoTime(one.endedAt), one.result, one.error?.message]);
  return [
    record,
    formatTable(['open task', 'what to do'], tasks, 'No open task.'),
    formatTable(['delivery', 'result', 'error'], attempts, 'No delivery yet.'),
  ].join('\n\n');
}
