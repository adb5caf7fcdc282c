/** Between an attempt's rows and those in the store. Pure. */
import type { RowState } from '../../../core/account.ts';
import { isKept } from '../rows.ts';
import type { Attempt, Row } from '../state.ts';

/** The rows as they are to be stored: those of which nothing is known are deleted, or never made. */
export function toStore({ rows }: Attempt): RowState[] {
  return rows.flatMap(({ lookFrom: _, hasTask: __, ...row }, index) => {
    const kept = index === 0 || isKept({ ...row, lookFrom: null, hasTask: false });
    if (kept) return [row];
    return row.id.startsWith('new-') ? [] : [{ ...row, role: 'gone' as const }];
  });
}

/** The attempt with the ids that the store gave its new rows. */
export function renamed(attempt: Attempt, stored: readonly RowState[]): Attempt {
  const kept = toStore(attempt).filter(({ role }) => role !== 'gone');
  const ids = new Map(kept.map(({ id }, index) => [id, stored[index]?.id ?? id]));
  const idOf = (id: string) => ids.get(id) ?? id;
  const rename = (rows: readonly Row[]) => rows.map((row) => ({ ...row, id: idOf(row.id) }));
  const { calling } = attempt;
  return {
    ...attempt,
    rows: rename(attempt.rows),
    tasks: attempt.tasks.map((task) => ({ ...task, row: idOf(task.row) })),
    calling: calling && { ...calling, row: idOf(calling.row), rows: rename(calling.rows) },
  };
}
