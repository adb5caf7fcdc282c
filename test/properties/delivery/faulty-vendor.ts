import express, { type NextFunction, type Request, type Response } from 'express';
import type { JsonObject } from '../../../src/core/json.ts';
import type { FakeRecords } from '../../../src/core/ports.ts';
import { type Listener, listen } from '../../../src/http/listener.ts';
import type { Fake, FakeAccount } from '../../../src/vendor-kit/fake.ts';
import { applyFault, type Fault } from '../../../src/vendor-kit/fake-faults.ts';
import { memoryRecords } from '../../contract/vendors-setup.ts';

/** What happens to one vendor call: `late` is answered in time, but takes effect late; the others as vendor-kit/README says. */
export type Spoiling = (Pick<Fault, 'kind'> & Partial<Fault>) | { kind: 'late'; delayMs: number };

/** The header by which a process is known here, so that nothing of a dead one arrives any more. */
export const PROCESS_HEADER = 'x-test-process';

export interface SeenCall {
  call: string;
  body: string;
  spoiled: string | null;
}

/** A fake vendor behind a gate that spoils calls and knows when the last effect has taken place. */
export interface FaultyVendor {
  url: string;
  /** Calls to let through, then one to spoil so; each is used once, in order. */
  arm(skip: number, spoiling: Spoiling): void;
  disarm(): void;
  /** Calls of this process are let in, of any other they are cut off. */
  admit(process: string | null): void;
  /** Resolves when no call is under way. */
  quiet(): Promise<void>;
  accounts(): Promise<FakeAccount[]>;
  control(method: string, path: string, body?: JsonObject): Promise<void>;
  /** Its calls as the fake logged them. */
  calls(): Promise<{ method: string; path: string; body: string }[]>;
  /** What the fake holds. */
  records: FakeRecords;
  seen: SeenCall[];
  close(): Promise<void>;
}

const ADDRESS = { host: '127.0.0.1', port: 0, tls: null, portSetting: 'CAUSEWAY_PORT' };

export async function startFaultyVendor(fake: Fake, quirks: JsonObject): Promise<FaultyVendor> {
  const armed: { skip: number; spoiling: Spoiling }[] = [];
  const seen: SeenCall[] = [];
  let admitted: string | null = null;
  let underWay = 0;
  const waiting = new Set<() => void>();

  function takeSpoiling(): Spoiling | undefined {
    const [first] = armed;
    if (first === undefined) return undefined;
    first.skip -= 1;
    return first.skip < 0 ? armed.shift()?.spoiling : undefined;
  }

  function gate(request: Request, response: Response, next: NextFunction): void {
    if (request.get(PROCESS_HEADER) !== admitted) return void request.socket.destroy();
    const spoiling = takeSpoiling();
    seen.push({
      call: `${request.method} ${request.url}`,
      body: '',
      spoiled:
        spoiling === undefined ? null : `${spoiling.kind} ${'status' in spoiling ? spoiling.status : ''}`,
    });
    underWay += 1;
    let ended = false;
    const end = () => {
      if (ended) return;
      ended = true;
      underWay -= 1;
      if (underWay > 0) return;
      for (const tell of waiting) tell();
      waiting.clear();
    };
    if (spoiling?.kind === 'late') {
      setTimeout(() => {
        next();
        setImmediate(end);
      }, spoiling.delayMs);
      return;
    }
    response.once('close', end);
    if (spoiling === undefined) next();
    else applyFault(asFault(spoiling), refuse, request, response, next);
  }

  const records = memoryRecords();
  const fakeApp = await fake.create(records, quirks);
  const app = express().disable('x-powered-by').disable('etag');
  app.use((request, response, next) => {
    if (request.path.startsWith('/_fake')) next();
    else gate(request, response, next);
  }, fakeApp);
  const listener: Listener = await listen(app, ADDRESS);

  async function control(method: string, path: string, body?: JsonObject): Promise<Response | unknown> {
    const answer = await fetch(`${listener.url}/_fake/${path}`, {
      method,
      ...(body && { body: JSON.stringify(body), headers: { 'Content-Type': 'application/json' } }),
    });
    const text = await answer.text();
    return text === '' ? {} : JSON.parse(text);
  }

  return {
    url: listener.url,
    records,
    seen,
    calls: async () =>
      ((await control('GET', 'calls')) as { calls: Awaited<ReturnType<FaultyVendor['calls']>> }).calls,
    arm: (skip, spoiling) => void armed.push({ skip, spoiling }),
    disarm: () => void armed.splice(0),
    admit(process) {
      admitted = process;
    },
    async quiet() {
      while (underWay > 0) await new Promise<void>((resolve) => waiting.add(resolve));
    },
    accounts: async () => ((await control('GET', 'accounts')) as { accounts: FakeAccount[] }).accounts,
    control: async (method, path, body) => void (await control(method, path, body)),
    close: () => listener.close(0),
  };
}

function asFault(spoiling: Exclude<Spoiling, { kind: 'late' }>): Fault {
  return { status: 500, delayMs: 1000, match: '', headers: {}, body: '', ...spoiling };
}

function refuse(_request: Request, response: Response): void {
  response.status(401).json({ error: 'Unauthorized' });
}
