import express, { type Express, type Request, type Response, type Router } from 'express';
import { z } from 'zod';
import type { FieldValue } from '../core/field.ts';
import type { JsonObject } from '../core/json.ts';
import type { FakeRecords } from '../core/ports.ts';
import { applyFault, Fault, onAnswer, takeFault } from './fake-faults.ts';

/** What a vendor's `fake` module exports as `fake`: the vendor as an Express app, to be mounted anywhere. */
export interface Fake {
  /** `quirks`: switches of what the vendor's documents leave open; each fake names its own. */
  create(records: FakeRecords, quirks?: JsonObject): Promise<Express>;
  /** What a connection to it needs; `fakeUrl` is where it is mounted. */
  sandbox: { settings(fakeUrl: string): JsonObject; credentials: JsonObject };
  /** Two values each for fields whose values only the vendor's account knows, such as ids of its roles. */
  examples: Record<string, readonly [FieldValue, FieldValue]>;
}

/** An account as tests see it, whatever the vendor. */
export interface FakeAccount {
  key: string;
  state: 'active' | 'suspended' | 'pending';
  vendor: JsonObject;
}

export interface FakeParts {
  /** The vendor's own calls. A request's body is its text as received. */
  routes: Router;
  /** The vendor's answer to a bad key. */
  unauthorised(request: Request, response: Response): void;
  accounts(): FakeAccount[];
  /** Puts an account there behind Causeway's back. */
  seed(key: string, vendor: JsonObject): Promise<void>;
  /** False: there was none. */
  forget(key: string): Promise<boolean>;
  /** The invited person accepts; false: nobody of that key is invited. Absent: the vendor does not invite. */
  accept?(key: string): Promise<boolean>;
}

interface LoggedCall {
  method: string;
  /** With its query, as received. */
  path: string;
  /** Null: not answered. */
  status: number | null;
  body: string;
}

const CALLS_KEPT = 20_000;
const ANY_TYPE = { type: () => true, limit: '12mb' };
const Seed = z.strictObject({ key: z.string().min(1), vendor: z.record(z.string(), z.json()).default({}) });

/** The vendor's routes, with what every fake has: a log of calls, faults on demand and the control calls under `/_fake`. */
export function createFakeApp(parts: FakeParts): Express {
  const calls: LoggedCall[] = [];
  const faults: Fault[] = [];
  const app = express().disable('x-powered-by').disable('etag');
  app.use('/_fake', controlRoutes(parts, calls, faults));
  app.use(express.text(ANY_TYPE));
  app.use((request, response, next) => {
    request.body = typeof request.body === 'string' ? request.body : '';
    const call: LoggedCall = { method: request.method, path: request.url, status: null, body: request.body };
    calls.push(call);
    if (calls.length > CALLS_KEPT) calls.splice(0, calls.length - CALLS_KEPT);
    onAnswer(response, (end) => {
      call.status = response.statusCode;
      end();
    });
    const fault = takeFault(faults, `${call.method} ${call.path}`, call.body);
    if (fault) applyFault(fault, parts.unauthorised, request, response, next);
    else next();
  });
  app.use(parts.routes);
  app.use((_request, response) => void response.status(404).json({ error: 'Not found' }));
  return app;
}

function controlRoutes(parts: FakeParts, calls: LoggedCall[], faults: Fault[]): Router {
  const control = express.Router();
  control.use(express.json(ANY_TYPE));
  control.get('/accounts', (_request, response) => void response.json({ accounts: parts.accounts() }));
  control.post('/accounts', async (request, response) => {
    const seed = readControl(Seed, request, response);
    if (!seed) return;
    await parts.seed(seed.key, seed.vendor);
    response.status(204).end();
  });
  control.delete('/accounts/:key', async (request, response) => {
    response.status((await parts.forget(request.params.key)) ? 204 : 404).end();
  });
  control.post('/accounts/:key/accept', async (request, response) => {
    response.status((await parts.accept?.(request.params.key)) ? 204 : 404).end();
  });
  control.get('/calls', (_request, response) => void response.json({ calls }));
  control.delete('/calls', (_request, response) => {
    calls.length = 0;
    response.status(204).end();
  });
  control.post('/faults', (request, response) => {
    const fault = readControl(Fault, request, response);
    if (!fault) return;
    faults.push(fault);
    response.status(204).end();
  });
  control.delete('/faults', (_request, response) => {
    faults.length = 0;
    response.status(204).end();
  });
  return control;
}

function readControl<T>(schema: z.ZodType<T>, request: Request, response: Response): T | undefined {
  const parsed = schema.safeParse(request.body);
  if (parsed.success) return parsed.data;
  response.status(400).json({ error: z.prettifyError(parsed.error) });
  return undefined;
}
