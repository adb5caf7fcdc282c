import type { RequestHandler } from 'express';
import type { Clock } from '../core/clock.ts';
import { StoreUnavailable } from '../core/errors.ts';
import type { Database } from '../store/database.ts';
import { writeMeta } from '../store/meta.ts';

const CHECK_INTERVAL_MS = 1000;

/** The process lives: restart it if this fails. */
export const answerLive: RequestHandler = (_request, response) => {
  response.json({ status: 'ok' });
};

/** The store can be read and written: send pushes elsewhere while this is 503. Writes once a second, however often it is asked. */
export function answerReady(db: Database, clock: Clock): RequestHandler {
  let checkedAt = Number.NEGATIVE_INFINITY;
  let ready = Promise.resolve(false);
  return async (_request, response) => {
    const now = clock.now();
    if (Math.abs(now - checkedAt) >= CHECK_INTERVAL_MS) {
      checkedAt = now;
      ready = isWritable(db, now);
    }
    if (await ready) response.json({ status: 'ok' });
    else
      response
        .status(503)
        .json({ status: 'unavailable', reason: 'The store cannot be read and written now.' });
  };
}

async function isWritable(db: Database, now: number): Promise<boolean> {
  try {
    await writeMeta(db, 'ready_check', String(now));
    return true;
  } catch (error) {
    if (error instanceof StoreUnavailable) return false;
    throw error;
  }
}
