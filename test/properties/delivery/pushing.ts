/** What an identity provider pushes about one person, and what it was told. */
import { fold } from '../../../src/core/fold.ts';
import type { JsonObject } from '../../../src/core/json.ts';
import type { Happening } from './scenario.ts';
import type { Subject } from './subjects.ts';
import { ADDRESSES } from './wide/scenario.ts';
import type { Answer, World } from './world.ts';

const CORE_USER = 'urn:ietf:params:scim:schemas:core:2.0:User';
const PATCH_OP = 'urn:ietf:params:scim:api:messages:2.0:PatchOp';

type State = Pick<Person, 'id' | 'n' | 'active' | 'address'>;

/** What the identity provider has in its own directory, and was told is accepted. */
export interface Person {
  who: number;
  /** Null: no User. */
  id: string | null;
  active: boolean;
  n: number;
  address: string;
  inGroup: boolean;
  /** What it was before a push whose answer was lost: it may still be put back, as nobody was told success. */
  before: State | null;
  /** Every address that was ever pushed for this person. */
  addresses: Set<string>;
  /** Its pushes one after another. */
  last: Promise<unknown>;
}

/** All that a push needs. */
export interface Pushing {
  world: Pick<World, 'send'>;
  subject: Subject;
  /** Null: there is no group. */
  groupId: string | null;
  /** Whether the userName is the address; left out: it is. */
  named?: 'by address' | 'apart';
  /** Addresses at which a User was, or may have been, and is no longer. */
  left?: Set<string>;
  /** Addresses whose User was in the group, and has what its rule gives. */
  ruled?: Set<string>;
}

export function addressOf(who: number, to: number): string {
  return `p${who}${to === 0 ? '' : `-${to}`}@example.com`;
}

export function newPerson(who: number): Person {
  const address = addressOf(who, 0);
  const none = { id: null, active: true, n: 0, inGroup: false, before: null };
  return { ...none, who, address, addresses: new Set([address]), last: Promise.resolve() };
}

export type Push = Extract<Happening, { and: boolean }>;

/** Pushes it, and notes in `person` what the identity provider was told. Throws where the answer is not true. */
export async function pushOne(play: Pushing, person: Person, happening: Push): Promise<void> {
  if (happening.do === 'create') {
    if (person.id === null) {
      if (!happening.active) play.left?.add(fold(person.address));
      await create(play, person, happening.active);
    }
    return;
  }
  if (person.id === null) return;
  leaveBehind(play, person, happening);
  switch (happening.do) {
    case 'change':
      return change(play, person, { n: person.n + 1 }, happening.by);
    case 'repeat':
      return change(play, person, {}, 'put');
    case 'deactivate':
      return change(play, person, { active: false }, 'patch');
    case 'reactivate':
      return change(play, person, { active: true }, 'patch');
    case 'move':
      return change(play, person, { address: targetOf(person, happening) }, 'patch');
    case 'delete':
      return remove(play, person);
    case 'join':
    case 'quit':
      return changeMembership(play, person, happening.do === 'join');
  }
}

function leaveBehind({ left, ruled }: Pushing, person: Person, push: Push): void {
  const leaves = push.do === 'delete' || push.do === 'deactivate' || push.do === 'move';
  if (leaves) left?.add(fold(person.address));
  // Whoever is inactive leaves there too.
  if (push.do === 'move' && !person.active) left?.add(fold(targetOf(person, push)));
  if (push.do !== 'join' && !person.inGroup) return;
  ruled?.add(fold(person.address));
  if (push.do === 'move') ruled?.add(fold(targetOf(person, push)));
}

export function targetOf({ who }: Person, { to, pool }: Extract<Push, { do: 'move' }>): string {
  const [owner, number] = (pool ? ADDRESSES[to] : undefined) ?? [who, to];
  return addressOf(owner, number);
}

function documentOf({ subject, named }: Pushing, { who, n, address, active }: Person): JsonObject {
  return {
    schemas: [CORE_USER],
    userName: named === 'apart' ? `user-${who}` : address,
    externalId: `ext-${who}`,
    name: { givenName: 'P', familyName: `V${n}` },
    displayName: `P${who}`,
    emails: [{ value: address, type: 'work', primary: true }],
    active,
    ...subject.extension(n),
  };
}

async function create(play: Pushing, person: Person, active: boolean): Promise<void> {
  const wish = { active, n: person.n + 1 };
  const none = { ...stateOf(person), ...wish };
  Object.assign(person, wish, { inGroup: false, before: null });
  const answer = await play.world.send('POST', '/Users', documentOf(play, person));
  if (answer.status === 201) person.id = String(answer.body['id']);
  else await relearn(play, person, none, {}, answer);
}

type Change = Partial<Pick<Person, 'n' | 'active' | 'address'>>;

async function change(play: Pushing, person: Person, wish: Change, by: 'patch' | 'put'): Promise<void> {
  const after: Person = { ...person, ...wish };
  person.addresses.add(after.address);
  const document = documentOf(play, after);
  const { schemas: _, externalId: __, ...attributes } = document;
  const operations = { schemas: [PATCH_OP], Operations: [{ op: 'replace', value: attributes }] };
  const [method, body] = by === 'put' ? ['PUT', document] : ['PATCH', operations];
  const answer = await play.world.send(method, `/Users/${person.id}`, body);
  if (answer.status === 200) Object.assign(person, wish, { before: null });
  else await relearn(play, person, stateOf(person), wish, answer);
}

async function remove(play: Pushing, person: Person): Promise<void> {
  const answer = await play.world.send('DELETE', `/Users/${person.id}`);
  if (answer.status === 204) Object.assign(person, { id: null, inGroup: false, before: null });
  else await relearn(play, person, stateOf(person), {}, answer, true);
}

async function changeMembership(play: Pushing, person: Person, inGroup: boolean): Promise<void> {
  const { world, groupId } = play;
  if (groupId === null) return;
  const operation = inGroup
    ? { op: 'add', path: 'members', value: [{ value: person.id }] }
    : { op: 'remove', path: `members[value eq "${person.id}"]` };
  const body = { schemas: [PATCH_OP], Operations: [operation] };
  const answer = await world.send('PATCH', `/Groups/${groupId}`, body);
  if (answer.status === 200 || answer.status === 204) {
    // One that changes nothing leaves the push before it as it was.
    if (person.inGroup !== inGroup) person.before = null;
    person.inGroup = inGroup;
    return;
  }
  if (answer.status === 0 || person.before !== null) await learnMembership(play, person);
  else throw untrue(`membership of ${person.address}`, answer);
}

export async function learnMembership(play: Pushing, person: Person): Promise<void> {
  if (play.groupId === null) {
    person.inGroup = false;
    return;
  }
  let answer = await play.world.send('GET', `/Groups/${play.groupId}`);
  while (answer.status === 0) answer = await play.world.send('GET', `/Groups/${play.groupId}`);
  const { body } = answer;
  const members = (body['members'] ?? []) as { value: string }[];
  person.inGroup = members.some(({ value }) => value === person.id);
}

function stateOf({ id, n, active, address }: Person): State {
  return { id, n, active, address };
}

/** There was no answer, or a refusal: the User is as before or as pushed, or as before a push whose answer was lost. */
async function relearn(
  play: Pushing,
  person: Person,
  before: State,
  wish: Change,
  answer: Answer,
  mayGo = false,
): Promise<void> {
  const { status } = answer;
  if (![0, 400, 409].includes(status) && !(status === 404 && person.before?.id === null)) {
    throw untrue(`A push of ${person.address}`, answer);
  }
  const possible = [before, { ...before, ...wish }, ...(person.before === null ? [] : [person.before])];
  if (status === 0) {
    person.before ??= before;
    // It may have been there, and be put back.
    if (wish.address !== undefined) play.left?.add(fold(wish.address));
  }
  const user = await readUser(play, person);
  if (user === undefined) {
    if (!mayGo && !possible.some(({ id }) => id === null))
      throw untrue(`${person.address} is gone; a push`, answer);
    Object.assign(person, { id: null, inGroup: false, before: null });
    return;
  }
  const found = possible.find((state) => faultOf(state, user) === null);
  if (found === undefined) {
    throw new Error(
      `After ${status}, the User is as nobody pushed it: ${JSON.stringify({ user, possible })}`,
    );
  }
  Object.assign(person, found, { id: String(user['id']) });
}

/** The User as it is here; undefined: there is none. */
export async function readUser({ world }: Pushing, { who }: Person): Promise<JsonObject | undefined> {
  const filter = encodeURIComponent(`externalId eq "ext-${who}"`);
  for (;;) {
    const { status, body } = await world.send('GET', `/Users?filter=${filter}`);
    if (status === 0) continue;
    const users = (body['Resources'] ?? []) as JsonObject[];
    if (users.length > 1) throw new Error(`There are ${users.length} Users of one person.`);
    return users[0];
  }
}

/** What of a User as read is not as the identity provider has it; null: nothing. */
export function faultOf({ n, active, address }: State, user: JsonObject): string | null {
  const name = (user['name'] as JsonObject | undefined)?.['familyName'];
  const [email] = user['emails'] as { value: string }[];
  const read = JSON.stringify([email?.value, name, user['active']]);
  const expected = JSON.stringify([address, `V${n}`, active]);
  return read === expected ? null : `the User is ${read} and not ${expected}`;
}

function untrue(what: string, { status, body }: Answer): Error {
  return new Error(`${what} was answered ${status}: ${JSON.stringify(body)}`);
}
