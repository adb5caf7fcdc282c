import type { AnyVendor } from '../vendor-kit/define.ts';
import { agendize } from './agendize/index.ts';
import { attention } from './attention/index.ts';
import { corezoid } from './corezoid/index.ts';
import { crankwheel } from './crankwheel/index.ts';
import { woodpecker } from './woodpecker/index.ts';

/** Every vendor that Causeway speaks to: one line for one folder. */
export const vendors: readonly AnyVendor[] = [agendize, attention, corezoid, crankwheel, woodpecker];

export function vendorById(id: string): AnyVendor | undefined {
  return vendors.find((vendor) => vendor.id === id);
}
