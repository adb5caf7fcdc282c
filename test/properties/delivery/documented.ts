import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '../../..');

export function readSource(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8');
}

/** The rows of docs/delivery's table that has these headings, their cells as text. */
export function documentedTable(...headings: string[]): string[][] {
  const lines = readSource('docs/delivery.md').split('\n');
  const start = lines.indexOf(`| ${headings.join(' | ')} |`);
  if (start < 0) throw new Error(`docs/delivery.md has no table of ${headings.join(', ')}.`);
  const length = lines.slice(start).findIndex((line) => !line.startsWith('|'));
  return lines.slice(start + 2, start + length).map((line) =>
    line
      .slice(2, -2)
      .split(' | ')
      .map((cell) => cell.trim()),
  );
}

/** What stands in backquotes, in order. */
export function names(cell: string): string[] {
  return [...cell.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name);
}
