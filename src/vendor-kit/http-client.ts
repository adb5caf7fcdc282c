import http from 'node:http';
import https from 'node:https';
import type { Socket } from 'node:net';
import axios, { type AxiosResponse } from 'axios';
import { OperatorError, VendorError } from '../core/errors.ts';
import { nameCall, type VendorCall, type VendorHttp, type VendorReply, type VendorRequest } from './http.ts';

export interface VendorHttpOptions {
  /** Checked by `checkBaseUrl`. */
  baseUrl: string;
  /** From the first byte of the call to the last of the reply. */
  timeoutMs?: number;
  /** Of the decompressed reply. */
  maxBytes?: number;
  /** Plain http is for the sandbox and for tests: loopback only. */
  allowHttpLoopback?: boolean;
  observe?: (call: VendorCall) => void;
  now?: () => number;
}

const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]']);
/** Shorter than the usual idle limit of servers (5 s), so that no call is sent into a socket that is being closed. */
const IDLE_SOCKET_MS = 4_000;

/** The base URL without its last slash; OperatorError for anything but https (or http to loopback where allowed). */
export function checkBaseUrl(baseUrl: string, allowHttpLoopback = false): string {
  const url = URL.canParse(baseUrl) ? new URL(baseUrl) : null;
  const plainAllowed = allowHttpLoopback && url?.protocol === 'http:' && LOOPBACK.has(url.hostname);
  if (!url || (url.protocol !== 'https:' && !plainAllowed)) {
    throw new OperatorError('The baseUrl setting must be the https:// address of the vendor’s API.');
  }
  if (url.username || url.password || url.search || url.hash) {
    throw new OperatorError(
      'The baseUrl setting must be a plain address without user name, query or fragment.',
    );
  }
  return url.href.replace(/\/+$/, '');
}

/** Sends the calls of one connection: no redirects, kept-alive sockets, bounded in time and size. */
export function createVendorHttp(options: VendorHttpOptions): VendorHttp {
  const { timeoutMs = 20_000, maxBytes = 10 * 1024 * 1024, now = Date.now, observe } = options;
  const baseUrl = checkBaseUrl(options.baseUrl, options.allowHttpLoopback);
  const agentOptions = { keepAlive: true, timeout: IDLE_SOCKET_MS };
  const agents = { httpAgent: new http.Agent(agentOptions), httpsAgent: new https.Agent(agentOptions) };
  const secure = baseUrl.startsWith('https:');

  async function exchange(request: VendorRequest): Promise<VendorReply> {
    const transport = watchConnection(secure);
    try {
      const response = await axios.request<string>({
        ...agents,
        transport,
        method: request.method,
        url: baseUrl + request.path,
        headers: { 'User-Agent': 'Causeway', Accept: 'application/json', ...request.headers },
        data: request.body,
        responseType: 'text',
        transformRequest: (body) => body,
        transformResponse: (body) => body,
        validateStatus: () => true,
        maxRedirects: 0,
        maxContentLength: maxBytes,
        proxy: false,
        signal: AbortSignal.timeout(timeoutMs),
      });
      return { status: response.status, headers: plainHeaders(response), body: response.data ?? '' };
    } catch (cause) {
      throw transportError(request, transport.connected(), cause);
    }
  }

  return {
    now,
    async send(request) {
      const startedAt = now();
      const started = performance.now();
      let status: number | null = null;
      try {
        const reply = await exchange(request);
        status = reply.status;
        return reply;
      } finally {
        const durationMs = performance.now() - started;
        const path = request.shownAs ?? request.path;
        observe?.({ method: request.method, path, status, startedAt, durationMs });
      }
    },
  };
}

/** Node's own transport, that also remembers whether the call got as far as a connected (for TLS: secured) socket. */
function watchConnection(secure: boolean) {
  let connected = false;
  const seen = () => {
    connected = true;
  };
  return {
    connected: () => connected,
    request(options: https.RequestOptions, answer: (reply: http.IncomingMessage) => void) {
      const call = secure ? https.request(options, answer) : http.request(options, answer);
      call.on('socket', (socket: Socket) => {
        if (call.reusedSocket) seen();
        else socket.once(secure ? 'secureConnect' : 'connect', seen);
      });
      return call;
    },
  };
}

function transportError(request: VendorRequest, connected: boolean, error: unknown): VendorError {
  const what = nameCall(request);
  const reason = describeFailure(error);
  // Axios hangs the whole request on its error, credential included: only the words go on.
  const cause = new Error(error instanceof Error ? error.message : String(error));
  if (!connected) {
    return new VendorError('UNAVAILABLE', `The vendor cannot be reached for ${what}: ${reason}.`, { cause });
  }
  if (request.effect) {
    return new VendorError('UNCERTAIN', `It is not known whether ${what} took effect: ${reason}.`, { cause });
  }
  return isOversized(error)
    ? new VendorError('UNREADABLE', `The reply to ${what} is larger than Causeway reads.`, { cause })
    : new VendorError('UNAVAILABLE', `The vendor did not answer ${what}: ${reason}.`, { cause });
}

const REASONS: Record<string, string> = {
  ENOTFOUND: 'its host name is not known',
  EAI_AGAIN: 'its host name cannot be looked up now',
  ECONNREFUSED: 'it refuses the connection',
  ECONNRESET: 'it closed the connection',
  ERR_CANCELED: 'it took too long',
};

function describeFailure(error: unknown): string {
  const code = axios.isAxiosError(error) ? error.code : undefined;
  if (isOversized(error)) return 'its reply is too large';
  return (code && REASONS[code]) ?? `the connection failed (${code ?? 'no code'})`;
}

function isOversized(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith('maxContentLength');
}

function plainHeaders(response: AxiosResponse): Record<string, string> {
  const pairs = Object.entries(response.headers).map(([name, value]) => [name.toLowerCase(), String(value)]);
  return Object.fromEntries(pairs);
}
