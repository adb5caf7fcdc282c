import type { ZodType } from 'zod';
import { VendorError } from '../core/errors.ts';
import type { JsonObject } from '../core/json.ts';
import { nameCall, type VendorHttp, type VendorReply } from './http.ts';
import { type ClientRequest, parseJson, refusal } from './reply.ts';

/** A call as a vendor's `client` writes it: the credential's headers are added to it. */
export type Call = Omit<ClientRequest, 'headers'> & { headers?: Record<string, string> };

export interface VendorClientOptions {
  /** The vendor's name in messages. */
  title: string;
  http: VendorHttp;
  /** Headers of every call: the credential. */
  headers: Record<string, string>;
  /** Texts that no message may show although the vendor says them. */
  secrets: readonly string[];
  /** What the vendor's own error bodies mean, where a status alone does not tell; undefined: the status decides. */
  recognise?: (call: Call, reply: VendorReply) => VendorError | undefined;
}

/** Throws VendorError for every reply that is not what the call asks for. */
export interface VendorClient {
  /** Any 2xx; its body is not read. */
  send(call: Call): Promise<void>;
  /** A 2xx whose JSON body fits the schema: otherwise UNREADABLE, or UNCERTAIN if the call has an effect. */
  read<T>(call: Call, schema: ZodType<T>): Promise<T>;
}

export function createVendorClient(options: VendorClientOptions): VendorClient {
  const { title, http } = options;

  async function exchange(call: Call): Promise<VendorReply> {
    const request: ClientRequest = { ...call, headers: { ...options.headers, ...call.headers } };
    const reply = await http.send(request);
    const shown = hideSecrets(reply, options.secrets);
    const error = options.recognise?.(call, shown) ?? refusal(title, request, shown, http.now());
    if (error) throw error;
    return reply;
  }

  return {
    async send(call) {
      await exchange(call);
    },
    async read(call, schema) {
      const reply = await exchange(call);
      const parsed = schema.safeParse(parseJson(reply.body));
      if (parsed.success) return parsed.data;
      throw unreadable(title, call, reply, parsed.error);
    },
  };
}

function unreadable(title: string, call: Call, reply: VendorReply, cause: unknown): VendorError {
  const what = nameCall(call);
  const [code, message]: ['UNCERTAIN' | 'UNREADABLE', string] = call.effect
    ? ['UNCERTAIN', `${title} accepted ${what}, but its reply cannot be understood.`]
    : ['UNREADABLE', `${title} answered ${what} with something other than what it documents.`];
  return new VendorError(code, message, { status: reply.status, cause });
}

function hideSecrets(reply: VendorReply, secrets: readonly string[]): VendorReply {
  const body = secrets
    .filter((secret) => secret !== '')
    .reduce((text, secret) => text.replaceAll(secret, '[secret]'), reply.body);
  return { ...reply, body };
}

/** A read; `names` as in `ClientRequest`. */
export function get(path: string, names?: 'account'): Call {
  return { method: 'GET', path, effect: false, ...(names && { names }) };
}

/** A call with an effect and a JSON body. */
export function sendJson(
  method: 'POST' | 'PUT' | 'PATCH',
  path: string,
  body: JsonObject,
  names?: 'account',
): Call {
  const headers = { 'Content-Type': 'application/json' };
  return { method, path, headers, body: JSON.stringify(body), effect: true, ...(names && { names }) };
}

/** One segment of a path, percent-encoded; refuses what would make the path name something else. */
export function pathSegment(value: string): string {
  if (value === '' || value === '.' || value === '..') {
    throw new VendorError('REJECTED', `“${value}” cannot be the id of an account.`);
  }
  return encodeURIComponent(value);
}
