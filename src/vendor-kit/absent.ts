import { VendorError } from '../core/errors.ts';

/** What the call returns, or `absent` where it ends in GONE. */
export async function orAbsent<T>(call: () => Promise<T>): Promise<T | 'absent'> {
  try {
    return await call();
  } catch (error) {
    if (error instanceof VendorError && error.code === 'GONE') return 'absent';
    throw error;
  }
}
