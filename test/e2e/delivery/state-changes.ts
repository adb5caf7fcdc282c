import { sql } from 'kysely';
import { STATE_CHANGES } from '../../../src/core/account-state.ts';
import type { Database } from '../../../src/store/database.ts';
import { isPostgres } from '../../../src/store/dialect-kind.ts';

/** What a User moves to is delivered with its User's own row, never by itself. */
const NEXT_ALONE = "new.role = 'next' and (new.due_at is not null or new.claimed_version is not null)";
const ALONE = 'next → due by itself';

/** Has the store itself note how accounts' states change, whoever changes them, and what never may. */
export async function watchStates(db: Database): Promise<void> {
  await sql`create table if not exists seen_changes (change text)`.execute(db);
  if (isPostgres(db)) {
    await sql`
      create or replace function note_change() returns trigger language plpgsql as $$
      begin insert into seen_changes values (old.state || ' → ' || new.state); return new; end $$`.execute(
      db,
    );
    await sql`
      create or replace trigger note_changes after update of state on accounts for each row
      when (old.state <> new.state) execute function note_change()`.execute(db);
    await sql`
      create or replace function note_next() returns trigger language plpgsql as $$
      begin insert into seen_changes values (${sql.lit(ALONE)}); return new; end $$`.execute(db);
    await sql`
      create or replace trigger note_nexts after update on accounts for each row
      when (${sql.raw(NEXT_ALONE)}) execute function note_next()`.execute(db);
    return;
  }
  await sql`
    create trigger if not exists note_changes after update of state on accounts when old.state <> new.state
    begin insert into seen_changes values (old.state || ' → ' || new.state); end`.execute(db);
  await sql`
    create trigger if not exists note_nexts after update on accounts when ${sql.raw(NEXT_ALONE)}
    begin insert into seen_changes values (${sql.lit(ALONE)}); end`.execute(db);
}

/** Every change of an account's state that there was since, as `before → after`. */
export async function seenChanges(db: Database): Promise<string[]> {
  const { rows } = await sql<{ change: string }>`select distinct change from seen_changes`.execute(db);
  return rows.map(({ change }) => change);
}

/** Every change that there can be, as `before → after`. */
export const possibleChanges: readonly string[] = Object.entries(STATE_CHANGES).flatMap(([before, next]) =>
  next.map((after) => `${before} → ${after}`),
);

/** What was seen and cannot be. */
export async function impossibleChanges(db: Database): Promise<string[]> {
  return (await seenChanges(db)).filter((change) => !possibleChanges.includes(change));
}
