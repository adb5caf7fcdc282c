/** Plays the histories of `scenario.ts`. */
import { fold } from '../../../src/core/fold.ts';
import type { JsonObject } from '../../../src/core/json.ts';
import { updateConnection } from '../../../src/store/connections.ts';
import { inTransaction } from '../../../src/store/database.ts';
import { markAll } from '../../../src/store/worklist/mark-due.ts';
import type { TemporaryStores } from '../../unit/store/temporary-store.ts';
import { addressOf, learnMembership, newPerson, type Person, type Pushing, pushOne } from './pushing.ts';
import { type Happening, needsRepair, PEOPLE, type Scenario } from './scenario.ts';
import type { Subject } from './subjects.ts';
import { ID, World } from './world.ts';

const CORE_GROUP = 'urn:ietf:params:scim:schemas:core:2.0:Group';
const PATCH_OP = 'urn:ietf:params:scim:api:messages:2.0:PatchOp';

export interface Play extends Pushing {
  world: World;
  people: Person[];
  mapping: 0 | 1;
  /** Of the group. */
  title: string;
  /** Addresses at the vendor that nobody pushed first. */
  strangers: Set<string>;
  keyIsDead: boolean;
}

export async function beginPlay(
  subject: Subject,
  scenario: Scenario,
  stores: TemporaryStores,
): Promise<Play> {
  const drift = needsRepair(scenario) ? ('repair' as const) : ('report' as const);
  const quirks = subject.quirks[scenario.quirk] ?? {};
  const world = await World.open(subject, quirks, { waitMs: scenario.waitMs, drift }, stores);
  const people = Array.from({ length: PEOPLE }, (_, who) => newPerson(who));
  const strangers = new Set(scenario.strangers.map((who) => addressOf(who, 0)));
  for (const key of strangers) await world.faulty.control('POST', 'accounts', { key });
  const play: Play = {
    world,
    subject,
    people,
    groupId: null,
    mapping: 0,
    title: 'The group',
    strangers,
    keyIsDead: false,
  };
  await pushGroup(play, 'make', 'The group');
  return play;
}

/** What the identity provider does about one person; a push waits for the one before it. */
async function push(person: Person, act: () => Promise<void>, and: boolean): Promise<void> {
  person.last = person.last.then(act);
  // What goes wrong is told when the play ends.
  person.last.catch(() => undefined);
  if (!and) await person.last;
}

export async function happen(play: Play, happening: Happening): Promise<void> {
  const { world, people } = play;
  const person = 'who' in happening ? people[happening.who] : undefined;
  switch (happening.do) {
    case 'create':
    case 'change':
    case 'deactivate':
    case 'reactivate':
    case 'delete':
    case 'join':
    case 'quit':
    case 'repeat':
    case 'move':
      if (person !== undefined) await push(person, () => pushOne(play, person, happening), happening.and);
      return;
    case 'map':
      return saveMapping(play, happening.mapping);
    case 'spoil':
      return world.faulty.arm(happening.skip, happening.spoiling);
    case 'spare':
      return world.faulty.disarm();
    case 'forget':
      return forget(play, person?.address ?? '');
    case 'accept':
      return acceptAll(play);
    case 'reconcile':
      await world.reconcile();
      return;
    case 'rest':
      return world.whenIdle();
    case 'key dies':
      play.keyIsDead = true;
      return world.faulty.control('POST', 'faults', { kind: 'unauthorised' });
    case 'key is replaced':
      return replaceKey(play);
    case 'pass time':
      return world.passTime(happening.ms);
    case 'kill':
      await new Promise((resolve) => setTimeout(resolve, happening.afterMs));
      await world.kill();
      await world.start();
  }
}

/** Somebody takes the account away by hand; one that Causeway only knows as an invitation might never be missed. */
async function forget({ world }: Play, address: string): Promise<void> {
  const row = await world.db
    .selectFrom('accounts')
    .select('actual')
    .where('address_key', '=', fold(address))
    .executeTakeFirst();
  if (row?.actual?.includes('"presence":"active"') !== true) return;
  await world.faulty.control('DELETE', `accounts/${encodeURIComponent(address)}`);
}

export async function acceptAll({ world }: Play): Promise<void> {
  for (const { key, state } of await world.faulty.accounts()) {
    if (state === 'pending') await world.faulty.control('POST', `accounts/${encodeURIComponent(key)}/accept`);
  }
}

export async function replaceKey(play: Play): Promise<void> {
  play.keyIsDead = false;
  await play.world.faulty.control('DELETE', 'faults');
  await play.world.resume();
}

async function saveMapping(play: Play, mapping: 0 | 1): Promise<void> {
  const { rule } = play.subject;
  play.mapping = mapping;
  if (rule === null || play.groupId === null) return;
  const { world, groupId } = play;
  const rules = [{ groupId, groupName: play.title, value: rule.values[mapping] }];
  const now = world.clock.now();
  await inTransaction(world.db, async (tx) => {
    await updateConnection(tx, ID, { mapping: { [rule.field]: { rules } } }, now);
    await markAll(tx, ID, 'mapping changed', now);
  });
  world.wake();
}

/** Makes, renames or deletes the one group; where it is refused, it is as before. */
export async function pushGroup(play: Play, act: 'make' | 'rename' | 'delete', title: string): Promise<void> {
  const { world, people } = play;
  await Promise.all(people.map((person) => person.last));
  if ((act === 'make') !== (play.groupId === null)) return;
  const document = { schemas: [CORE_GROUP], displayName: title, externalId: 'the-group' };
  const path = act === 'make' ? '/Groups' : `/Groups/${play.groupId}`;
  const renaming = { schemas: [PATCH_OP], Operations: [{ op: 'replace', value: { displayName: title } }] };
  if (act === 'make') await world.send('POST', path, document);
  if (act === 'rename') await world.send('PATCH', path, renaming);
  if (act === 'delete') await world.send('DELETE', path);
  await learnGroup(play);
  for (const person of people) await learnMembership(play, person);
  await saveMapping(play, play.mapping);
}

async function learnGroup(play: Play): Promise<void> {
  const group = await readGroup(play);
  play.groupId = group === undefined ? null : String(group['id']);
  play.title = String(group?.['displayName'] ?? play.title);
}

async function readGroup({ world }: Pushing): Promise<JsonObject | undefined> {
  const filter = encodeURIComponent('externalId eq "the-group"');
  for (;;) {
    const { status, body } = await world.send('GET', `/Groups?filter=${filter}`);
    if (status !== 0) return ((body['Resources'] ?? []) as JsonObject[])[0];
  }
}
