import { expect } from 'vitest';
import { EMPTY } from '../../../src/core/account.ts';
import type { Connection } from '../../../src/core/connection.ts';
import type { JsonObject } from '../../../src/core/json.ts';
import type { Database } from '../../../src/store/database.ts';
import { stopWaiting } from '../../../src/store/delivery/history.ts';
import { endAttempt } from '../../../src/store/delivery/settle.ts';
import { changeUser, createUser, deleteUser, findUser, type UserWrite } from '../../../src/store/users.ts';
import { type Claim, claimDue, findAccount } from '../../../src/store/worklist/claim.ts';
import type { Wait } from '../../../src/store/worklist/mark-due.ts';
import { attemptEnd, knowing, made } from '../../store-contract/writing.ts';
import { heldLease } from './held-lease.ts';

/**
 * Two pushes to one User, their waits that may expire at any moment, and one worker, on the real store. Push A sets `title`, push B sets `nickName`, so each one's fate can be read from the document. The vendor refuses the value "bad".
 */
type Kind = 'good' | 'bad' | 'leave' | 'delete';
export interface Scenario {
  /** Whether A creates the User, or changes one that is in sync. */
  creates: boolean;
  a: Kind;
  b: Kind;
}
type Answer = 'success' | 'refused' | 'not-found';
export type Move = 'push A' | 'answer A' | 'push B' | 'answer B' | 'claim' | 'settle';

const KINDS: Kind[] = ['good', 'bad', 'leave', 'delete'];
export const SCENARIOS: readonly Scenario[] = [true, false].flatMap((creates) =>
  KINDS.flatMap((a) => KINDS.map((b) => ({ creates, a, b }))).filter(({ a }) => !(creates && a === 'delete')),
);

/** One run of the world: the store's state is real, the vendor is one variable. */
export class World {
  readonly scenario: Scenario;
  readonly db: Database;
  readonly connection: Connection;
  userId: string | null = null;
  accountId: string | null = null;
  waits: Record<string, Wait | null | undefined> = {};
  answers: Record<string, Answer> = {};
  claim: Claim | null = null;
  /** What the vendor holds; null: no account. */
  vendor: JsonObject | null = null;
  /** Names of pushes that found a User and were committed, in order. */
  pushed: string[] = [];
  clock = 1;

  constructor(scenario: Scenario, db: Database, connection: Connection) {
    this.scenario = scenario;
    this.db = db;
    this.connection = connection;
  }

  get context() {
    this.clock += 1;
    return { requestId: `r${this.clock}`, now: this.clock };
  }
}

function write(document: JsonObject): UserWrite {
  return { document, folded: document, userName: 'ana', externalId: null };
}

function changed(document: JsonObject, push: string, kind: Kind): JsonObject {
  if (kind === 'leave') return { ...document, active: false };
  return { ...document, [push === 'A' ? 'title' : 'nickName']: kind };
}

async function push(world: World, name: 'A' | 'B'): Promise<void> {
  const kind = name === 'A' ? world.scenario.a : world.scenario.b;
  if (world.userId === null) {
    const base = { userName: 'ana', active: true };
    const { resource, wait } = await createUser(
      world.db,
      world.connection,
      write(changed(base, name, kind)),
      world.context,
    );
    world.userId = resource.id;
    world.accountId = wait?.accountId ?? null;
    world.waits[name] = wait;
    world.pushed.push(name);
    return;
  }
  if (kind === 'delete') {
    const done = await deleteUser(world.db, world.connection, world.userId, () => undefined, world.context);
    world.answers[name] = done ? 'success' : 'not-found';
    if (done) world.pushed.push(name);
    return;
  }
  const result = await changeUser(
    world.db,
    world.connection,
    world.userId,
    (current) => write(changed(current.document, name, kind)),
    world.context,
  );
  if (result === undefined) world.answers[name] = 'not-found';
  else {
    world.waits[name] = result.wait;
    world.pushed.push(name);
    if (result.wait === null) world.answers[name] = 'success';
  }
}

async function answer(world: World, name: 'A' | 'B'): Promise<void> {
  const wait = world.waits[name];
  if (wait === null || wait === undefined) throw new Error(`${name} does not wait`);
  const outcome = await stopWaiting(world.db, world.connection.id, wait.accountId, wait.version);
  world.answers[name] = outcome.kind === 'refused' ? 'refused' : 'success';
}

async function settleClaim(world: World): Promise<void> {
  const { claim } = world;
  if (claim === null) throw new Error('nothing is claimed');
  world.claim = null;
  const document = claim.user?.document ?? null;
  const wantsAccount = document !== null && document['active'] !== false;
  const refused = wantsAccount && (document['title'] === 'bad' || document['nickName'] === 'bad');
  const before = world.vendor;
  if (!refused) world.vendor = wantsAccount ? document : null;
  const present = world.vendor !== null;
  const error = { code: 'REJECTED' as const, message: 'bad value', at: world.clock };
  const outcome = refused ? ({ result: 'refused', state: 'refused', error } as const) : {};
  const end = attemptEnd(claim, {
    after: knowing(claim, present ? made('ana@example.com') : EMPTY),
    changes: before === world.vendor ? [] : ['update'],
    ...outcome,
    startedAt: world.clock,
    endedAt: world.clock,
  });
  await endAttempt(world.db, end);
}

export async function startWorld(scenario: Scenario, db: Database, connection: Connection): Promise<World> {
  const world = new World(scenario, db, connection);
  if (scenario.creates) return world;
  const { resource, wait } = await createUser(
    world.db,
    world.connection,
    write({ userName: 'ana', active: true }),
    world.context,
  );
  world.userId = resource.id;
  world.accountId = wait?.accountId ?? null;
  await move(world, 'claim');
  await move(world, 'settle');
  return world;
}

export async function moves(world: World): Promise<Move[]> {
  const possible: Move[] = [];
  for (const name of ['A', 'B'] as const) {
    const started = world.answers[name] !== undefined || world.waits[name] !== undefined;
    // B can only change a User that is known to its identity provider.
    if (!started && (name === 'A' || world.userId !== null)) possible.push(`push ${name}`);
    if (world.waits[name] && world.answers[name] === undefined) possible.push(`answer ${name}`);
  }
  if (world.claim !== null) possible.push('settle');
  else if (world.accountId !== null && (await isDue(world))) possible.push('claim');
  return possible;
}

async function isDue(world: World): Promise<boolean> {
  const account = await findAccount(world.db, world.connection.id, world.accountId ?? '');
  return account !== undefined && account.dueAt !== null && account.claimedVersion === null;
}

export async function move(world: World, next: Move): Promise<void> {
  if (next === 'settle') return settleClaim(world);
  if (next === 'claim') {
    const now = world.context.now;
    const lease = await heldLease(world.db, world.connection.id);
    const claims = await claimDue(world.db, lease, { now, limit: 1, mirrored: false });
    world.claim = claims[0] ?? null;
    return;
  }
  const [what, name] = next.split(' ') as ['push' | 'answer', 'A' | 'B'];
  await (what === 'push' ? push(world, name) : answer(world, name));
}

export async function checkEnd(world: World, path: readonly Move[]): Promise<void> {
  const story = `${JSON.stringify(world.scenario)}: ${path.join(', ')} → ${JSON.stringify(world.answers)}`;
  const user =
    world.userId === null ? undefined : await findUser(world.db, world.connection.id, world.userId);
  const account =
    world.accountId === null ? undefined : await findAccount(world.db, world.connection.id, world.accountId);
  const document = user?.document;
  const deleted = (['A', 'B'] as const).some(
    (name) => kindOf(world, name) === 'delete' && world.answers[name] === 'success',
  );
  for (const name of ['A', 'B'] as const) {
    const kind = kindOf(world, name);
    const attribute = name === 'A' ? 'title' : 'nickName';
    const kept = document !== undefined && document[attribute] === kind;
    if (deleted) {
      expect(document, story).toBeUndefined();
    } else if (world.answers[name] === 'success' && (kind === 'good' || kind === 'bad')) {
      expect(kept, `${name} was told success and is not stored. ${story}`).toBe(true);
    } else if (world.answers[name] === 'success' && kind === 'leave') {
      expect(document?.['active'], `${name} deactivated. ${story}`).toBe(false);
    } else if (world.answers[name] === 'refused') {
      const looksAccepted = kept && account?.state !== 'refused' && document['active'] !== false;
      expect(looksAccepted && kind === 'bad', `${name} was refused and looks accepted. ${story}`).toBe(false);
    }
  }
  if (account?.state === 'in-sync') {
    const wanted = document === undefined || document['active'] === false ? null : document;
    expect(world.vendor, `The vendor does not have what is stored. ${story}`).toEqual(wanted);
  }
  if (document === undefined) expect(world.vendor, `Left at the vendor. ${story}`).toBeNull();
  expect(account?.claimedVersion ?? null, story).toBeNull();
}

function kindOf(world: World, name: 'A' | 'B'): Kind {
  return name === 'A' ? world.scenario.a : world.scenario.b;
}
