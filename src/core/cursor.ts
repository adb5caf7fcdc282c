import type { CursorTarget } from './query.ts';

/** The opaque text of RFC 9865: the last key that was seen, so that it neither expires nor shifts. */
export function encodeCursor(fingerprint: string, { direction, position }: CursorTarget): string {
  const content = [fingerprint, direction, position.id, position.sort];
  return Buffer.from(JSON.stringify(content)).toString('base64url');
}

/** null: not a cursor, or one of another query. */
export function decodeCursor(fingerprint: string, cursor: string): CursorTarget | null {
  const [origin, direction, id, sort] = contentOf(cursor);
  if (origin !== fingerprint || typeof id !== 'string') return null;
  if (direction !== 'after' && direction !== 'before') return null;
  if (sort !== null && typeof sort !== 'string' && typeof sort !== 'number') return null;
  return { direction, position: { id, sort } };
}

function contentOf(cursor: string): unknown[] {
  try {
    const content: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString());
    return Array.isArray(content) ? content : [];
  } catch {
    return [];
  }
}
