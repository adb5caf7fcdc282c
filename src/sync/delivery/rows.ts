/** An attempt's rows: finding, changing and comparing them. Pure. */

import { EMPTY, type Known, type VendorAccount } from '../../core/account.ts';
import { addressKey } from '../../core/address.ts';
import type { Attempt, Row } from './state.ts';

/** The form in which this kind's addresses, or titles, are compared. */
export function keyOf(a: Pick<Attempt, 'rules'>, address: string): string {
  return addressKey(a.rules.kind, address);
}

export function sameAddress(a: Pick<Attempt, 'rules'>, one: string | null, other: string | null): boolean {
  return one !== null && other !== null && keyOf(a, one) === keyOf(a, other);
}

/** Whether the account goes by this address, its first or another one. */
export function goesBy(a: Pick<Attempt, 'rules'>, account: VendorAccount, address: string | null): boolean {
  return [account.address, ...(account.aliases ?? [])].some((one) => sameAddress(a, one, address));
}

/** The claimed row. */
export function mainRow(a: Attempt): Row {
  const [row] = a.rows;
  if (row === undefined) throw new Error('An attempt is about a row.');
  return row;
}

export function nextRow(a: Attempt): Row | null {
  return a.rows.find(({ role }) => role === 'next') ?? null;
}

export function rowOf(a: Attempt, id: string): Row {
  const row = a.rows.find((one) => one.id === id);
  if (row === undefined) throw new Error(`The attempt has no row ${id}.`);
  return row;
}

/** The attempt with this row changed. */
export function withRow(
  a: Attempt,
  id: string,
  change: Partial<Omit<Row, 'known'>> & { known?: Partial<Known> },
): Attempt {
  const rows = a.rows.map((row) =>
    row.id === id ? { ...row, ...change, known: { ...row.known, ...change.known } } : row,
  );
  return { ...a, rows };
}

/** Nothing is, or may be, at the vendor under this row. */
export function isEmpty({ known }: Row): boolean {
  return known.vendorId === null && known.intent === null && known.asked === null;
}

/** No access is wanted: the row is left, or its User is inactive or deleted. */
export function isLeaving(a: Attempt): boolean {
  return mainRow(a).role === 'left' || a.wanted.presence !== 'active';
}

/** What a row knows goes into a row of its own, to be got rid of; the row is empty. */
export function leaveBehind(a: Attempt, row: Row): Attempt {
  if (row.role === 'next') return withRow(a, row.id, { role: 'left' });
  const id = `new-${a.rows.length}`;
  const left: Row = { ...row, id, role: 'left', mapped: row.known.address, held: null, told: [] };
  const emptied = withRow(a, row.id, { known: EMPTY, lookFrom: null });
  return { ...emptied, rows: [...emptied.rows, left] };
}

/** Rows that nothing is known of are not kept, but for the User's or Group's own. */
export function isKept(row: Row): boolean {
  return row.role === 'current' || (row.role !== 'gone' && !isEmpty(row));
}
