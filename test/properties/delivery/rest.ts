/** When a world has come to rest. */
import { findConnection } from '../../../src/store/connections.ts';
import { ID, type World } from './world.ts';

/** More turns of the clock than any scenario needs to come to rest. */
const ENOUGH_TURNS = 200;

/** Turns the clock to each due time until nothing is due any more; `meanwhile` goes on at each turn. */
export async function comeToRest(world: World, meanwhile: () => Promise<void>): Promise<void> {
  for (let turn = 0; turn < ENOUGH_TURNS; turn += 1) {
    await meanwhile();
    await whenIdle(world);
    const next = await nextDue(world);
    if (next === null) return;
    await world.passTime(Math.max(1, next - world.clock.now() + 1));
  }
  const rows = await world.db.selectFrom('accounts').selectAll().where('due_at', 'is not', null).execute();
  throw new Error(`The deliveries do not come to rest: ${JSON.stringify(rows, null, 1)}`);
}

/** Nothing is being delivered and nothing that is due waits for its turn, or the connection is paused. */
export async function whenIdle(world: World): Promise<void> {
  const until = Date.now() + 20_000;
  for (;;) {
    const { claimed, due, fanouts } = await loadOf(world);
    if (claimed + due + fanouts === 0) return;
    if (claimed === 0 && (await findConnection(world.db, ID))?.paused != null) return;
    if (Date.now() > until)
      throw new Error(`What is due is not taken up: ${JSON.stringify({ claimed, due })}`);
    await new Promise((resolve) => setTimeout(resolve, 4));
  }
}

/** No attempt is under way. */
export async function whenUnclaimed(world: World): Promise<void> {
  while ((await loadOf(world)).claimed > 0) await new Promise((resolve) => setTimeout(resolve, 2));
}

async function loadOf({ db, clock }: World): Promise<{ claimed: number; due: number; fanouts: number }> {
  const now = clock.now();
  const rows = await db.selectFrom('accounts').select(['claimed_version', 'due_at']).execute();
  const fanouts = await db.selectFrom('fanouts').select('id').execute();
  const claimed = rows.filter((row) => row.claimed_version !== null).length;
  const due = rows.filter(
    ({ claimed_version, due_at }) => claimed_version === null && due_at !== null && due_at <= now,
  );
  return { claimed, due: due.length, fanouts: fanouts.length };
}

async function nextDue({ db }: World): Promise<number | null> {
  const rows = await db.selectFrom('accounts').select('due_at').where('due_at', 'is not', null).execute();
  return rows.length === 0 ? null : Math.min(...rows.map(({ due_at }) => due_at ?? 0));
}
