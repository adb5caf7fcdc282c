import type { Wait } from '../store/worklist/mark-due.ts';
import type { Scope } from './context.ts';
import { ScimError } from './errors.ts';

/**
 * Wakes the worker and waits, at most `scope.waitMs`, for the outcome of this write. Returns where the write stands (delivered,
 * or durable and still to be delivered); throws what the vendor's refusal means to the identity provider.
 */
export async function settle(scope: Scope, wait: Wait | null): Promise<void> {
  scope.deliveries.wake(scope.connection.id);
  if (wait === null || scope.waitMs === 0) return;
  const deadline = scope.clock.now() + scope.waitMs;
  const outcome = await scope.deliveries.outcome(scope.connection.id, wait.accountId, wait.version, deadline);
  switch (outcome.kind) {
    case 'settled':
    case 'pending':
      return;
    case 'refused':
      throw new ScimError(400, 'invalidValue', outcome.reason);
    case 'conflict':
      throw new ScimError(409, 'uniqueness', outcome.reason);
    case 'unsupported':
      throw new ScimError(501, undefined, outcome.reason);
  }
}
