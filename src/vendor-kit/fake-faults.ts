import type { NextFunction, Request, Response } from 'express';
import { z } from 'zod';

/** What `POST /_fake/faults` takes. */
export const Fault = z.strictObject({
  kind: z.enum(['status', 'reset-before', 'reset-after', 'slow', 'garbled', 'unauthorised']),
  status: z.int().min(200).max(599).default(500),
  delayMs: z.int().min(0).default(1000),
  /** Part of `METHOD /path`; empty: every call. */
  match: z.string().default(''),
  /** Part of the request's body; absent: any. For a vendor that has one path for every call. */
  sent: z.string().optional(),
  /** For how many calls; absent: until the faults are deleted. */
  times: z.int().min(1).optional(),
  /** With `status`: the rest of the answer. */
  headers: z.record(z.string(), z.string()).default({}),
  body: z.string().default(''),
});
export type Fault = z.infer<typeof Fault>;

/** Half a JSON document. */
const GARBLED = '{"data": [{"uuid": "c74e';

/** The first fault that matches the call (`METHOD /path`) and its body, used up by one. */
export function takeFault(faults: Fault[], call: string, body: string): Fault | undefined {
  const fault = faults.find(({ match, sent = '' }) => call.includes(match) && body.includes(sent));
  if (fault?.times !== undefined) {
    fault.times -= 1;
    if (fault.times === 0) faults.splice(faults.indexOf(fault), 1);
  }
  return fault;
}

/** Spoils this call: before its effect, or by taking hold of its answer. */
export function applyFault(
  fault: Fault,
  unauthorised: (request: Request, response: Response) => void,
  request: Request,
  response: Response,
  next: NextFunction,
): void {
  switch (fault.kind) {
    case 'status':
      response.status(fault.status).set(fault.headers).end(fault.body);
      return;
    case 'unauthorised':
      unauthorised(request, response);
      return;
    case 'reset-before':
      request.socket.destroy();
      return;
    case 'reset-after':
      onAnswer(response, () => request.socket.destroy());
      break;
    case 'slow':
      onAnswer(response, (end) => setTimeout(end, fault.delayMs).unref());
      break;
    case 'garbled':
      onAnswer(response, () => sendGarbled(response));
      break;
  }
  next();
}

/** Runs `then` in place of the answer, which `end` sends after all. */
export function onAnswer(response: Response, then: (end: () => void) => void): void {
  const original = response.end;
  response.end = (...parts: unknown[]) => {
    response.end = original;
    then(() => Reflect.apply(original, response, parts));
    return response;
  };
}

function sendGarbled(response: Response): void {
  response.status(200).removeHeader('Content-Length');
  response.type('application/json').end(GARBLED);
}
