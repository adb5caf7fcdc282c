import type { Command } from 'commander';
import { decideHeld, type Held, listHeld } from '../admin/holds.ts';
import type { Hold } from '../core/account.ts';
import type { NamedAccount } from '../store/worklist/list.ts';
import { addCommand, addGroup } from './command.ts';
import { answer, type Shell, UsageError } from './shell.ts';
import { withStore } from './store.ts';
import { formatTable, isoTime } from './table.ts';

interface DecideOptions {
  all?: true;
  reason?: string;
  json?: true;
}

export function addHeldCommands(program: Command, shell: Shell): void {
  const group = addGroup(
    program,
    'held',
    'steps that a guard stopped: too many people would lose access at once',
  );
  addCommand(group, 'list [connection]', 'show what is held', ['held list', 'held list crm --json']).action(
    (id: string | undefined, options: { json?: true }) =>
      withStore(shell, async ({ operator }) => {
        const held = await listHeld(operator, id ?? null);
        answer(shell, options, held.map(heldView), heldTable(held));
      }),
  );
  addCommand(group, 'release <connection> [person]', 'let the step be delivered', [
    'held release crm ana@example.com',
    'held release crm --all',
  ])
    .option('--all', 'everybody who is held on this connection')
    .action((id: string, person: string | undefined, options: DecideOptions) =>
      decide(shell, id, person, options, 'released'),
    );
  addCommand(
    group,
    'reject <connection> [person]',
    'keep the account until the identity provider changes the User',
    ['held reject crm ana@example.com --reason "still on the project"'],
  )
    .option('--all', 'everybody who is held on this connection')
    .requiredOption('--reason <text>', 'why; drift shows it with your name')
    .action((id: string, person: string | undefined, options: DecideOptions) =>
      decide(shell, id, person, options, 'rejected'),
    );
}

function decide(
  shell: Shell,
  id: string,
  person: string | undefined,
  options: DecideOptions,
  decision: 'released' | 'rejected',
): Promise<void> {
  if ((person === undefined) === (options.all === undefined)) {
    throw new UsageError('Name one person (account id, userName or address), or say --all.');
  }
  const whom: Held = person === undefined ? 'all' : { match: person };
  return withStore(shell, async ({ operator }) => {
    const held = await decideHeld(operator, id, whom, { decision, reason: options.reason ?? '' });
    answer(shell, options, held.map(heldView), `${held.length} held: ${decision}.`);
  });
}

function heldTable(held: readonly NamedAccount[]): string {
  const rows = held.map(({ account, name }) => [
    account.connectionId,
    name ?? '(deleted)',
    account.address,
    account.held?.step ?? null,
    isoTime(account.held?.at ?? account.settledAt),
    decision(account.held),
  ]);
  return formatTable(
    ['connection', 'user', 'address', 'step', 'since', 'decision'],
    rows,
    'Nothing is held.',
  );
}

function heldView({ account, name }: NamedAccount) {
  return {
    connection: account.connectionId,
    account: account.id,
    user: name,
    address: account.address,
    step: account.held?.step ?? null,
    heldSince: isoTime(account.held?.at ?? account.settledAt),
    reason: account.lastError?.message ?? null,
    decision: account.held === null || account.held.by === null ? null : account.held,
  };
}

function decision(held: Hold | null): string {
  return held === null || held.by === null ? 'open' : `${held.state} by ${held.by}: ${held.reason}`;
}
