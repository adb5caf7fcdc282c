import type { RequestHandler, Response } from 'express';

export interface SlotOptions {
  /** Requests that may wait. */
  queue: number;
  /** For how long each may wait. */
  waitMs: number;
  /** The answer to those that may not, or no longer. */
  refuse(response: Response): void;
}

/** Lets one request through at a time, until its answer has ended; others queue (Woodpecker's rate limiting page). */
export function oneAtATime({ queue, waitMs, refuse }: SlotOptions): RequestHandler {
  const waiting: (() => void)[] = [];
  let busy = false;

  function release(): void {
    const start = waiting.shift();
    if (start) start();
    else busy = false;
  }

  return (_request, response, next) => {
    if (!busy) {
      busy = true;
      response.once('close', release);
      return next();
    }
    if (waiting.length >= queue) return refuse(response);
    const leave = () => {
      clearTimeout(timer);
      waiting.splice(waiting.indexOf(start), 1);
    };
    const start = () => {
      clearTimeout(timer);
      response.off('close', leave).once('close', release);
      next();
    };
    const timer = setTimeout(() => {
      response.off('close', leave);
      leave();
      refuse(response);
    }, waitMs);
    response.once('close', leave);
    waiting.push(start);
  };
}
