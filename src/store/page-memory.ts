import type { Position } from '../core/query.ts';
import type { Database } from './database.ts';

const MAX_PAGES = 1000;

/** The last key before a `startIndex`, of pages lately answered: the next page is then read from there, not counted up to. */
interface PageMemory {
  recall(startIndex: number): Position | undefined;
  remember(startIndex: number, position: Position): void;
}

const memories = new WeakMap<Database, Map<string, Position>>();

/** `list` names the list: connection, table and query. The least recently written pages are forgotten first. */
export function pagesOf(db: Database, list: readonly string[]): PageMemory {
  const pages = memories.get(db) ?? new Map<string, Position>();
  memories.set(db, pages);
  const keyOf = (startIndex: number): string => JSON.stringify([...list, startIndex]);
  return {
    recall: (startIndex) => pages.get(keyOf(startIndex)),
    remember: (startIndex, position) => {
      const key = keyOf(startIndex);
      pages.delete(key);
      pages.set(key, position);
      const [oldest] = pages.keys();
      if (pages.size > MAX_PAGES && oldest !== undefined) pages.delete(oldest);
    },
  };
}
