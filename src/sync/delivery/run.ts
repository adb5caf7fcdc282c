import type { Clock } from '../../core/clock.ts';
import { LeaseLost, StoreUnavailable, VendorError } from '../../core/errors.ts';
import type { Log } from '../../core/ports.ts';
import { pauseConnection } from '../../store/connections.ts';
import type { Database } from '../../store/database.ts';
import type { Claim } from '../../store/worklist/claim.ts';
import { collectCalls } from '../calls/call-log.ts';
import type { Progress } from './attempt.ts';
import { deliver } from './deliver.ts';
import { type Finished, finish } from './finish.ts';
import type { DeliveryTools, Ending } from './tools.ts';

export interface RunContext {
  db: Database;
  clock: Clock;
  log: Log;
  /** True once the process is going down: no more waiting for the store. */
  stopped(): boolean;
}

const STORE_RETRY_MS = 1_000;
/** Of a reason, this much goes into the log; the delivery has all of it. */
const LOGGED = 300;

/** One claimed account from attempt to settling. Throws only where the end could not be stored: the claim is then in doubt. */
export async function runDelivery(
  context: RunContext,
  tools: DeliveryTools,
  claim: Claim,
): Promise<Finished & { called: boolean }> {
  const delivered = await collectCalls(() => deliver(tools, claim));
  const { progress, ending: first } = delivered.result;
  progress.calls = delivered.calls;
  const ending = await confirmCredential(context, tools, first);
  const about = aboutClaim(claim);
  if (ending.kind === 'failed' && isDefect(ending.error)) {
    context.log.error({ ...about, err: ending.error }, 'A delivery failed because of a defect.');
  }
  const finished = await finishSurely(context, tools, progress, ending);
  const { error } = finished;
  if (finished.result === 'held') {
    context.log.warn({ ...about, alert: 'held', reason: error?.message }, 'A step is held.');
  }
  context.log.info(
    { ...about, result: finished.result, code: error?.code, reason: error?.message.slice(0, LOGGED) },
    'Delivery ended',
  );
  return { ...finished, called: progress.calls.length > 0 };
}

function isDefect(error: unknown): boolean {
  return !(error instanceof VendorError || error instanceof StoreUnavailable || error instanceof LeaseLost);
}

export function aboutClaim({ account }: Claim) {
  return {
    connection: account.connectionId,
    account: account.id,
    requestId: account.requestId ?? undefined,
  };
}

/** The end of an attempt is written as soon as the store can be written: its effects are at the vendor already. */
async function finishSurely(
  context: RunContext,
  tools: DeliveryTools,
  progress: Progress,
  first: Ending,
): Promise<Finished> {
  let ending = first;
  for (;;) {
    try {
      return await finish(tools, progress, ending);
    } catch (error) {
      const about = aboutClaim(progress.claim);
      if (error instanceof StoreUnavailable && !context.stopped()) {
        context.log.error({ ...about, err: error }, 'The end of a delivery could not be stored yet.');
        await new Promise((resolve) => setTimeout(resolve, STORE_RETRY_MS));
        continue;
      }
      if (error instanceof StoreUnavailable || ending !== first) throw error;
      context.log.error({ ...about, err: error }, 'What a delivery learned could not be stored.');
      forget(progress, tools.clock.now());
      ending = { kind: 'failed', error };
    }
  }
}

/** What was learned fits no row (the vendor gave one account another one's address): the next attempt looks anew. */
function forget(progress: Progress, now: number): void {
  const { address, vendorId, origin, actual, written } = progress.claim.account;
  progress.knowledge = { address, vendorId, origin, actual, written, doubtAt: progress.callStartedAt ?? now };
}

/** One call's bad-key answer may be about that call alone: `verify` tells, and pauses the connection if the key is dead. */
async function confirmCredential(context: RunContext, tools: DeliveryTools, ending: Ending): Promise<Ending> {
  if (ending.kind !== 'failed' || !(ending.error instanceof VendorError)) return ending;
  if (ending.error.code !== 'UNAUTHORISED') return ending;
  const { connection } = tools;
  try {
    await tools.live?.session.verify();
  } catch (error) {
    if (!(error instanceof VendorError) || error.code !== 'UNAUTHORISED') return { kind: 'failed', error };
    const reason = `${tools.vendor.title} does not accept the credential: ${error.message}`;
    const paused = await pauseConnection(
      context.db,
      connection.id,
      reason,
      context.clock.now(),
      connection.version,
    );
    // Not where it has been replaced since: the next attempt is made with the new one.
    if (paused) {
      context.log.error(
        { connection: connection.id, alert: 'credential', reason },
        'The connection is paused.',
      );
    }
    return ending;
  }
  const { message, status } = ending.error;
  return {
    kind: 'failed',
    error: new VendorError('NOT_PERMITTED', message, { status, cause: ending.error }),
  };
}
