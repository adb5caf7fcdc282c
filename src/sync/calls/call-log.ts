import { AsyncLocalStorage } from 'node:async_hooks';
import { VendorError } from '../../core/errors.ts';
import { isJsonObject, type Json, type JsonObject } from '../../core/json.ts';
import type { VendorHttp, VendorReply, VendorRequest } from '../../vendor-kit/http.ts';

/** Of a body, this many characters are kept. */
const KEPT = 2_000;
/** Members whose values are credentials, or as good as one (an invitation's link), wherever a vendor shows them. */
const SECRET = /token|secret|password|authori[sz]ation|api.?key|hash|^url$/i;

const collecting = new AsyncLocalStorage<JsonObject[]>();

/** Runs `work` and gives the vendor calls made on its way, in order, with their credentials left out. */
export async function collectCalls<T>(
  work: () => Promise<T>,
  calls: JsonObject[] = [],
): Promise<{ result: T; calls: JsonObject[] }> {
  return { result: await collecting.run(calls, work), calls };
}

/** The list that this delivery's calls go to; for work that is done for several deliveries at once. */
export function presentCollector(): JsonObject[] | undefined {
  return collecting.getStore();
}

/** Calls that can change something, whatever was answered. */
const effects = new WeakSet<JsonObject>();

export function hasEffect(calls: readonly JsonObject[]): boolean {
  return calls.some((call) => effects.has(call));
}

/** Notes each call with the delivery that makes it: what was sent, what came back, how long it took. */
export function recordHttp(http: VendorHttp): VendorHttp {
  return {
    ...http,
    async send(request) {
      const calls = collecting.getStore();
      if (calls === undefined) return http.send(request);
      const startedAt = http.now();
      const sent = {
        method: request.method,
        path: request.shownAs ?? request.path,
        body: tellBody(request.body ?? ''),
      };
      try {
        const reply = await http.send(request);
        const call = { ...sent, ...tellReply(reply), ms: http.now() - startedAt };
        note(calls, call, request);
        return reply;
      } catch (error) {
        const code = error instanceof VendorError ? error.code : 'DEFECT';
        note(calls, { ...sent, status: null, code, ms: http.now() - startedAt }, request);
        throw error;
      }
    },
  };
}

function note(calls: JsonObject[], call: JsonObject, { effect }: VendorRequest): void {
  if (effect) effects.add(call);
  calls.push(call);
}

function tellReply({ status, body }: VendorReply): JsonObject {
  return { status, reply: tellBody(body) };
}

/** A body as the history keeps it: JSON without credentials; any other text shortened. */
function tellBody(text: string): Json {
  if (text === '') return null;
  try {
    const told = withoutSecrets(JSON.parse(text) as Json);
    const length = JSON.stringify(told).length;
    return length <= KEPT ? told : `${length} characters of JSON`;
  } catch {
    return text.length <= KEPT ? text : `${text.slice(0, 200)}… (${text.length} characters)`;
  }
}

function withoutSecrets(value: Json): Json {
  if (Array.isArray(value)) return value.map(withoutSecrets);
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, part]) => [
      name,
      SECRET.test(name) ? '[secret]' : withoutSecrets(part),
    ]),
  );
}
