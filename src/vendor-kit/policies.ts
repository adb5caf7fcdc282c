import type { Policies } from '../core/policy.ts';
import type { Vendor } from './vendor.ts';

/** Keycloak gives a request up after 5 s (docs/idp), so a push waits a little less for its own delivery. */
const WAIT_MS = 4000;

/** The policies in force: the product's defaults, the vendor's under these settings, then what the operator set. */
export function policiesInForce<Settings>(
  vendor: Pick<Vendor<Settings>, 'policies'>,
  settings: Settings,
  overrides: Partial<Policies>,
): Policies {
  return {
    waitMs: WAIT_MS,
    unsupported: 'task',
    addressChange: 'task',
    adoption: 'adopt',
    removeGroups: false,
    allowedDomains: [],
    protectedAddresses: [],
    leaverPercent: 20,
    leaverCount: 10,
    reconcileMinutes: 60,
    drift: 'report',
    repairCreations: 10,
    imports: 'observe',
    ...vendor.policies(settings),
    ...overrides,
  };
}
