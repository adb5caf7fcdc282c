/** What the vendor's error means to the step machine. */
import type { AccountError } from '../../../core/account.ts';
import { VendorError } from '../../../core/errors.ts';
import { mainRow } from '../rows.ts';
import type { Attempt, Failure } from '../state.ts';

/** `op` null: it was a look. The time is written with the end. */
export function failureOf(error: unknown, op: Failure['op'], attempt: Attempt): Failure {
  const address = mainRow(attempt).known.address;
  const base = { op, row: null, address: op === null ? null : address };
  if (!(error instanceof VendorError)) {
    const message = error instanceof Error ? error.message : String(error);
    return { ...base, error: { code: 'DEFECT', message, at: 0 }, retryAt: null };
  }
  const told: AccountError = { code: error.code, message: error.message, at: 0 };
  return { ...base, error: told, retryAt: error.retryAt ?? null };
}
