/** Set by `npm run test:properties`: many more runs and larger directories than `npm test` has time for. */
const isLong = process.env['CAUSEWAY_TEST_LONG'] === '1';

/** What the quick and the long mode differ in. */
export function inMode<T>(quick: T, long: T): T {
  return isLong ? long : quick;
}
