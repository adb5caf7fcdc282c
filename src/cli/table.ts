import Table from 'cli-table3';

/** A list is shown on lines of its own. */
type Cell = string | number | boolean | null | undefined | readonly string[];

const NO_BORDERS = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: '  ',
};

/** Aligned columns under headings; `empty` is said where there are no rows. */
export function formatTable(
  head: readonly string[],
  rows: readonly (readonly Cell[])[],
  empty: string,
): string {
  return rows.length === 0 ? empty : alignRows([head.map((text) => text.toUpperCase()), ...rows]);
}

/** One thing: a line for each of its properties. */
export function formatRecord(rows: readonly (readonly [string, Cell])[]): string {
  return alignRows(rows);
}

export function alignRows(rows: readonly (readonly Cell[])[]): string {
  const style = { head: [], border: [], 'padding-left': 0, 'padding-right': 0 };
  const table = new Table({ chars: NO_BORDERS, style });
  table.push(...rows.map((row) => row.map(formatCell)));
  return table.toString().replace(/ +$/gm, '');
}

/** What identity providers and vendors wrote must not steer the terminal: control characters are shown as what they are. */
function formatCell(cell: Cell): string {
  if (cell === null || cell === undefined || cell === '') return '–';
  return typeof cell === 'object' ? cell.map(plainText).join('\n') : plainText(String(cell));
}

export function plainText(text: string): string {
  return text.replace(/[\p{Cc}\p{Bidi_Control}\p{Zl}\p{Zp}]/gu, (character) => {
    return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;
  });
}

/** ISO 8601 in UTC; null stays null. */
export function isoTime(time: number): string;
export function isoTime(time: number | null): string | null;
export function isoTime(time: number | null): string | null {
  return time === null ? null : new Date(time).toISOString();
}
