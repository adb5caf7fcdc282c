import type { Fake } from '../vendor-kit/fake.ts';
import { vendorById } from './index.ts';

export type { Fake };

/** The fake of a vendor in the list, loaded when asked for: a real server never loads one. */
export async function loadFake(id: string): Promise<Fake> {
  if (!vendorById(id)) throw new Error(`There is no vendor ${id}.`);
  const module: { fake: Fake } = await import(`./${id}/fake.ts`);
  return module.fake;
}
