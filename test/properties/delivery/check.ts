import { fold } from '../../../src/core/fold.ts';
import type { FakeAccount } from '../../../src/vendor-kit/fake.ts';
import { impossibleChanges } from '../../e2e/delivery/state-changes.ts';
import { acceptAll, type Play, replaceKey } from './play.ts';
import { faultOf, type Person, type Pushing, readUser } from './pushing.ts';

/** As long as between two lists of which both count. */
const A_WHILE_MS = 120_000;
const ROUNDS = 4;

/** Everything works again, time goes on, the vendor's list is compared and the operator does what is left: then all is as wanted. */
export async function endPlay(play: Play): Promise<string[]> {
  const { world, people } = play;
  await Promise.all(people.map((person) => person.last));
  world.faulty.disarm();
  await replaceKey(play);
  await world.restart();
  const comeToRest = () => world.comeToRest(() => acceptAll(play));
  for (let round = 0; round < ROUNDS; round += 1) {
    await comeToRest();
    for (let list = 0; list < 2; list += 1) {
      await world.passTime(A_WHILE_MS);
      const result = await world.reconcile();
      if (result !== 'complete') return [`The list was not compared: ${result}`];
      await comeToRest();
    }
    await world.operate();
    await comeToRest();
  }
  return [...(await checkUsers(play, people)), ...(await checkVendor(play)), ...(await checkStates(play))];
}

/** No acknowledged push is lost, and none that was refused looks accepted. */
export async function checkUsers(pushing: Pushing, people: readonly Person[]): Promise<string[]> {
  const faults: string[] = [];
  for (const person of people) {
    const user = await readUser(pushing, person);
    const { before } = person;
    const isPutBack =
      before !== null && (user === undefined ? before.id === null : faultOf(before, user) === null);
    if (isPutBack) Object.assign(person, before, { id: user === undefined ? null : person.id });
    if (user !== undefined && person.id === null)
      faults.push(`${person.address}: the User was deleted and is there`);
    if (person.id === null) continue;
    const fault = user === undefined ? 'the User is gone' : faultOf(person, user);
    if (fault !== null) faults.push(`${person.address}: ${fault}`);
  }
  return faults;
}

async function checkVendor(play: Play): Promise<string[]> {
  const accounts = await play.world.faulty.accounts();
  const faults: string[] = [];
  const byAddress = Map.groupBy(accounts, ({ key }) => fold(key));
  for (const [address, same] of byAddress) {
    if (same.length > 1) faults.push(`${address} has ${same.length} accounts: ${JSON.stringify(same)}`);
  }
  for (const person of play.people) {
    const own = accounts.filter(({ key }) => person.addresses.has(fold(key)));
    faults.push(...checkPerson(play, person, own).map((fault) => `${person.address}: ${fault}`));
  }
  const known = new Set(play.people.flatMap(({ addresses }) => [...addresses]));
  for (const { key } of accounts) if (!known.has(fold(key))) faults.push(`${key} is nobody's`);
  return faults;
}

/** What of a person's accounts is not as the model has it. */
export function checkPerson(
  { subject, mapping, strangers, title }: Pick<Play, 'subject' | 'mapping' | 'strangers' | 'title'>,
  person: Person,
  own: FakeAccount[],
): string[] {
  const faults: string[] = [];
  const wanted = person.id !== null && person.active;
  const current = wanted
    ? own.find(({ key }) => !subject.moves || fold(key) === fold(person.address))
    : undefined;
  if (wanted && current === undefined) return [`has no account; there is ${JSON.stringify(own)}`];
  if (wanted && current !== undefined) {
    // Where the address cannot be changed, any of the person's accounts may be the one that lives.
    const candidates = subject.moves ? [current] : own;
    const found = candidates.map((account) =>
      account.state === 'active' ? subject.fault(account, person, mapping, title) : account.state,
    );
    if (!found.includes(null)) faults.push(`is not as wanted: ${found.join('; ')}`);
  }
  const living =
    subject.moves || !wanted
      ? current
      : own.find((account) => subject.fault(account, person, mapping, title) === null);
  for (const account of own) {
    if (account === living || subject.powerless(account)) continue;
    // Nobody's again, once no User has its address.
    const isPushed = person.id !== null && fold(person.address) === fold(account.key);
    if (strangers.has(fold(account.key)) && !isPushed) continue;
    faults.push(`${account.key} is left with access: ${JSON.stringify(account)}`);
  }
  return faults;
}

export async function checkStates({ world }: Pick<Play, 'world'>): Promise<string[]> {
  const rows = await world.db.selectFrom('accounts').selectAll().execute();
  const odd = rows.filter(
    (row) =>
      row.claimed_version !== null || row.due_at !== null || row.settled_version !== row.wanted_version,
  );
  const impossible = await impossibleChanges(world.db);
  if (impossible.length > 0) return [`core/account-state does not have: ${impossible.join(', ')}`];
  return odd.map((row) => `The account ${row.address} does not rest: ${JSON.stringify(row)}`);
}
