import type { AnyVendor } from '../vendor-kit/define.ts';
import { attention } from './attention/index.ts';
import { crankwheel } from './crankwheel/index.ts';

/** Every vendor that Causeway speaks to: one line for one folder. */
export const vendors: readonly AnyVendor[] = [attention, crankwheel];

export function vendorById(id: string): AnyVendor | undefined {
  return vendors.find((vendor) => vendor.id === id);
}
