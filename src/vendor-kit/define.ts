import { z } from 'zod';
import type { Field } from '../core/field.ts';
import type { JsonObject } from '../core/json.ts';
import type { Vendor } from './vendor.ts';

/** A vendor whose settings and credentials are checked by its own schemas wherever it takes them. */
export type AnyVendor = Vendor<JsonObject, JsonObject>;

/**
 * Makes a vendor one of the list: from outside it takes plain JSON. Settings are read through their schema at every use,
 * so that a setting added later has its default in connections saved before.
 */
export function defineVendor<Settings extends JsonObject, Credentials extends JsonObject>(
  vendor: Vendor<Settings, Credentials>,
): AnyVendor {
  const read = (settings: JsonObject) => vendor.settings.parse(settings);
  return {
    ...vendor,
    supports: (settings) => vendor.supports(read(settings)),
    limits: (settings) => vendor.limits(read(settings)),
    policies: (settings) => vendor.policies(read(settings)),
    connect: (settings, credentials, http) =>
      vendor.connect(read(settings), vendor.credentials.parse(credentials), http),
  };
}

/** The field that joins a person to an account: the address, under the vendor's name for it. */
export function addressField(
  name: string,
  description: string,
  limits: Pick<Field, 'minLength' | 'maxLength'> = {},
): Field {
  const fixed = { type: 'string', set: 'key', required: true, withoutCall: 'task' } as const;
  return { name, description, ...fixed, default: { from: 'address' }, ...limits };
}

/** The settings that every vendor has: `baseUrl`, and the pace where the vendor publishes no limits. */
export function commonSettings(defaults: {
  baseUrl: string;
  concurrency: number;
  requestsPerSecond: number;
}) {
  return {
    baseUrl: z.url().default(defaults.baseUrl).describe('The address of the vendor’s API.'),
    concurrency: z
      .int()
      .min(1)
      .max(32)
      .default(defaults.concurrency)
      .describe('Calls under way at once, at most.'),
    requestsPerSecond: z
      .number()
      .min(0.1)
      .max(1000)
      .default(defaults.requestsPerSecond)
      .describe('Calls begun in a second, at most.'),
  };
}
