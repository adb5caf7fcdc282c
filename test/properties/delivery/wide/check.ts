/** What holds at the end of a history in which anybody may have done anything. */
import { sql } from 'kysely';
import { retryAccount } from '../../../../src/admin/accounts.ts';
import { decideHeld } from '../../../../src/admin/holds.ts';
import { listTasks } from '../../../../src/admin/tasks.ts';
import { addressKey } from '../../../../src/core/address.ts';
import { OperatorError } from '../../../../src/core/errors.ts';
import type { FakeAccount } from '../../../../src/vendor-kit/fake.ts';
import { checkStates, checkUsers } from '../check.ts';
import { replaceKey } from '../play.ts';
import type { Person } from '../pushing.ts';
import { ID } from '../world.ts';
import { snapshotOf } from './by-hand.ts';
import { finish, switchDryRun, type WidePlay } from './play.ts';

/** As long as between two lists of which both count. */
const A_WHILE_MS = 120_000;
const ROUNDS = 3;

const keyOf = (address: string) => addressKey('user', address);

/** Everything works again, time goes on, the list is compared, and the operator does what is left. */
export async function endWidePlay(play: WidePlay): Promise<string[]> {
  const { world, people, hands } = play;
  await Promise.all(people.map((person) => person.last));
  world.faulty.disarm();
  await switchDryRun(play, false);
  await replaceKey(play);
  await world.stop();
  await world.faulty.control('DELETE', 'calls');
  await world.startLast();
  const comeToRest = () => world.comeToRest(() => hands.acceptAll());
  for (let round = 0; round < ROUNDS; round += 1) {
    await comeToRest();
    for (let list = 0; list < 2; list += 1) {
      await world.passTime(A_WHILE_MS);
      const result = await world.reconcile();
      if (result === 'short-list') await world.believe();
      else if (result !== 'complete') return [`The list was not compared: ${result}`];
      await comeToRest();
    }
    await operate(play, round);
    await comeToRest();
  }
  const accounts = await world.faulty.accounts();
  return [
    ...play.faults,
    ...(await checkUsers(play, people)),
    ...(await checkStates(play)),
    ...checkStrangers(play, accounts),
    ...(await checkAccess(play, accounts)),
    ...(await checkPeople(play, accounts)),
    ...(await checkInvitations(play)),
    ...(await checkGroups(play)),
  ];
}

/** Releases what is held and not decided, tries again what stands still; in the second round it does the tasks first. */
async function operate(play: WidePlay, round: number): Promise<void> {
  const { world } = play;
  const { operator } = world;
  if (round === 1) {
    for (const task of await listTasks(operator, ID, 'open')) await finish(play, task, true);
    return;
  }
  const rows = await world.db
    .selectFrom('accounts')
    .select(['id', 'state', 'held'])
    .where('state', 'in', ['held', 'refused', 'conflict', 'task'])
    .execute();
  for (const { id, state, held } of rows) {
    try {
      if (state !== 'held') await retryAccount(operator, ID, id);
      else if (held?.includes('"open"')) {
        await decideHeld(operator, ID, { match: id }, { decision: 'released', reason: '' });
      }
    } catch (error) {
      if (!(error instanceof OperatorError)) throw error;
    }
  }
  world.wake();
}

/** Nobody but a human changes what is certainly a stranger's, or protected. */
function checkStrangers({ hands, scenario, left }: WidePlay, accounts: readonly FakeAccount[]): string[] {
  const { adoption } = scenario.policies;
  const faults: string[] = [];
  const there = new Map(accounts.map((account) => [keyOf(account.key), account]));
  for (const [key, snapshot] of hands.protected) {
    const account = there.get(key);
    if (account === undefined) faults.push(`${key} was protected and is gone`);
    else if (snapshotOf(account) !== snapshot) {
      faults.push(`${key} was protected and is changed: ${snapshot} → ${snapshotOf(account)}`);
    }
  }
  for (const [key, stranger] of hands.strangers) {
    if (stranger.explained) continue;
    const account = there.get(key);
    if (adoption === 'refuse') {
      if (account === undefined) faults.push(`the stranger ${key} is gone`);
      else if (snapshotOf(account) !== stranger.snapshot) {
        faults.push(`the stranger ${key} is changed: ${stranger.snapshot} → ${snapshotOf(account)}`);
      }
      continue;
    }
    if (left?.has(key)) continue;
    if (account === undefined) faults.push(`the stranger ${key} is gone, and no User there left`);
    else if (account.state === 'suspended' && !stranger.snapshot.includes('"suspended"')) {
      faults.push(`the stranger ${key} is suspended, and no User there left`);
    }
  }
  return faults;
}

/** Powerful strangers keep their power under `adopt`, unless a rule gives their User less, or the User left. */
function checkPower({ hands, by, left, ruled }: WidePlay, accounts: readonly FakeAccount[]): string[] {
  return accounts
    .filter(({ key }) => {
      const stranger = hands.strangers.get(keyOf(key));
      const excused = stranger === undefined || stranger.explained || left?.has(keyOf(key));
      return !excused && stranger.powerful && !ruled?.has(keyOf(key));
    })
    .filter((account) => !by.isPowerful(account))
    .map(({ key }) => `the stranger ${key} has lost its power, and no rule said so`);
}

/** Nobody who left has access, unless a task, a hold or protection says so. One address has one account. */
async function checkAccess(play: WidePlay, accounts: readonly FakeAccount[]): Promise<string[]> {
  const { world, people, hands, subject } = play;
  const faults: string[] = [];
  for (const [key, same] of Map.groupBy(accounts, (account) => keyOf(account.key))) {
    if (same.length > 1) faults.push(`${key} has ${same.length} accounts: ${JSON.stringify(same)}`);
  }
  const rows = await world.db.selectFrom('accounts').selectAll().where('kind', '=', 'user').execute();
  const wanted = new Set(people.filter(isActive).map(({ address }) => keyOf(address)));
  for (const account of accounts) {
    const key = keyOf(account.key);
    if (wanted.has(key) || subject.powerless(account)) continue;
    if (hands.strangers.has(key) || hands.protected.has(key)) continue;
    const named = rows.filter(({ address_key, mapped_key, vendor_id, actual }) => {
      return [address_key, mapped_key, vendor_id].includes(key) || actual?.includes(account.key);
    });
    const told = named.some((row) => Number(row.open_tasks) > 0 || row.state === 'held' || row.held !== null);
    // Its User cannot get an account elsewhere, and keeps this one.
    const kept = named.some(
      ({ state, role }) => role === 'current' && ['conflict', 'refused'].includes(state),
    );
    if (!told && !kept) {
      faults.push(`${account.key} is left with access: ${JSON.stringify(account)} ${JSON.stringify(named)}`);
    }
  }
  return [...faults, ...checkPower(play, accounts)];
}

function isActive({ id, active }: Person): boolean {
  return id !== null && active;
}

/** Whoever is in sync has an account as wanted; whoever is refused, is so for a reason that is true. */
async function checkPeople(play: WidePlay, accounts: readonly FakeAccount[]): Promise<string[]> {
  const { world, people, subject, hands, mapping, title } = play;
  const faults: string[] = [];
  const rows = await world.db
    .selectFrom('accounts')
    .selectAll()
    .where('kind', '=', 'user')
    .where('role', '=', 'current')
    .execute();
  for (const person of people.filter(isActive)) {
    const row = rows.find(({ resource_id }) => resource_id === person.id);
    const key = keyOf(person.address);
    const account = accounts.find((one) => keyOf(one.key) === key);
    if (row === undefined) faults.push(`${person.address} has no row`);
    else if (row.state === 'in-sync') {
      if (account?.state !== 'active') {
        faults.push(`${person.address} is in sync and has ${JSON.stringify(account ?? 'no account')}`);
      } else if (!hands.strangers.has(key) && !hands.touched.has(key) && !hands.protected.has(key)) {
        const fault = subject.fault(account, person, mapping, title);
        if (fault !== null && play.groupId !== null) faults.push(`${person.address} is in sync and ${fault}`);
      }
    } else if (row.state === 'conflict') {
      const others = await sql<{
        n: number;
      }>`select count(*) as n from accounts where kind = 'user' and id <> ${row.id}
        and (address_key = ${key} or mapped_key = ${key})`.execute(world.db);
      if (account === undefined && Number(others.rows[0]?.n) === 0) {
        faults.push(`${person.address} is in conflict with nobody: ${row.last_error}`);
      }
    } else if (!['task', 'held', 'refused'].includes(row.state)) {
      faults.push(`${person.address} is ${row.state}: ${row.last_error}`);
    }
  }
  return faults;
}

/** The last process has claimed the newest version of everybody before it called: it invites nobody who is not wanted. */
async function checkInvitations({ world, by, people }: WidePlay): Promise<string[]> {
  const wanted = new Set(
    people.flatMap((person) => [
      ...(isActive(person) ? [keyOf(person.address)] : []),
      ...(person.before !== null ? [keyOf(person.before.address)] : []),
    ]),
  );
  const calls = await world.faulty.calls();
  const invited = calls.flatMap((call) => by.creates(call)).map(keyOf);
  return [...new Set(invited)]
    .filter((key) => !wanted.has(key))
    .map((key) => `${key} was invited and is not wanted`);
}

/** Only what Causeway made is deleted; under `refuse`, other groups stay as they are. */
async function checkGroups({ world, scenario }: WidePlay): Promise<string[]> {
  const groups = await world.faulty.records.all('group');
  const others = [
    ['198047', 'TableT8'],
    ['198048', 'Analysts'],
  ] as const;
  if (groups.size === 0) return [];
  return others.flatMap(([id, title]) => {
    const group = groups.get(id);
    if (group === undefined) return [`the group ${title}, which was there before, is gone`];
    if (scenario.policies.adoption === 'refuse' && group['title'] !== title) {
      return [`the group ${title} is renamed ${group['title']}`];
    }
    return [];
  });
}
