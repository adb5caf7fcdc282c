import fc from 'fast-check';

/** Set by `npm run test:properties`: many more runs and larger directories than `npm test` has time for. */
const isLong = process.env['CAUSEWAY_TEST_LONG'] === '1';

/** The quick mode plays the same cases every time, so that a red run is about the change at hand; the long mode looks for new ones. */
if (!isLong) fc.configureGlobal({ seed: 20_261_121 });

/** What the quick and the long mode differ in. */
export function inMode<T>(quick: T, long: T): T {
  return isLong ? long : quick;
}
