/** What another row knows becomes the attempt's. */
import { EMPTY } from '../../../src/core/account.ts';
import type { Holder, Row } from '../../../src/sync/delivery/state.ts';
import { content, dropRow, newRow, storedRow } from './store.ts';
import { freeName, personOf, type Run, type World } from './world.ts';

/** What the holder's row knows becomes the attempt's; null: it is not free any more. */
export function takeOver(world: World, run: Run, holder: Holder['id'], into: 'current' | 'next'): Row | null {
  const row = storedRow(world, holder);
  const [main] = run.attempt.rows;
  const stored = storedRow(world, run.row);
  if (row === undefined || row.claimed || main === undefined || stored === undefined) return null;
  world.tasks = world.tasks.filter((task) => task.row !== row.id);
  const { known, lookFrom } = row;
  for (const real of world.accounts) if (real.id === known.vendorId) real.maker = run.user;
  if (row.role === 'current') {
    Object.assign(row, { known: EMPTY, lookFrom: null, held: null, told: [] });
    const person = personOf(world, run.user);
    if (person.undo !== null) person.undo = { ...person.undo, from: row.user };
  } else dropRow(world, row);
  if (into === 'current') {
    Object.assign(stored, { known, lookFrom });
    const taken: Row = { ...main, known, lookFrom };
    run.stored = { ...run.stored, [main.id]: content(taken) };
    return taken;
  }
  const id = freeName(world, 'r');
  const made: Row = {
    ...main,
    id,
    role: 'next',
    mapped: known.address,
    known,
    lookFrom,
    held: null,
    told: [],
  };
  world.rows.push(newRow(id, run.user, made, 'no'));
  run.stored = { ...run.stored, [id]: content(made) };
  return made;
}
