/**
 * The form in which texts are compared where case does not matter (RFC 7643 §2.2, `caseExact: false`).
 * Folding is done here and stored, never by a database: their `lower()` differ beyond ASCII.
 */
export function fold(text: string): string {
  return text.normalize('NFC').toLowerCase();
}
