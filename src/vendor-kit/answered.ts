import { VendorError } from '../core/errors.ts';

/** A check of what a vendor has just answered yes to: whatever error it ends in is `answered`. */
export async function checkAnswered<T>(check: () => T | Promise<T>): Promise<T> {
  try {
    return await check();
  } catch (error) {
    if (!(error instanceof VendorError)) throw error;
    const { code, message, status, retryAt } = error;
    throw new VendorError(code, message, { status, retryAt, answered: true, cause: error });
  }
}
