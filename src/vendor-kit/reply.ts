import { VendorError, type VendorErrorCode } from '../core/errors.ts';
import { isJsonObject } from '../core/json.ts';
import { nameCall, type VendorReply, type VendorRequest } from './http.ts';

const REASON_LENGTH = 200;
/** Where vendors put their reason, the most telling first. */
const REASON_NAMES = ['detail', 'message', 'reason', 'description', 'error', 'errors', 'title'];

/** What a reply's status means for a call; undefined for a 2xx. `now` is epoch ms. */
export function refusal(
  title: string,
  request: ClientRequest,
  reply: VendorReply,
  now: number,
): VendorError | undefined {
  const { status } = reply;
  if (status >= 200 && status < 300) return undefined;
  const code = refusalCode(request, reply);
  const message = refusalMessage(title, request, reply, code);
  return new VendorError(code, message, { status, retryAt: retryAt(reply.headers['retry-after'], now) });
}

export interface ClientRequest extends VendorRequest {
  /** The path names one account (or group), so that 404 says that it is gone; else 404 says that the path is wrong. */
  names?: 'account';
}

function refusalCode(request: ClientRequest, reply: VendorReply): VendorErrorCode {
  const { status } = reply;
  if (status >= 500 || status === 408) {
    if (request.effect) return 'UNCERTAIN';
    return status === 503 && reply.headers['retry-after'] ? 'THROTTLED' : 'UNAVAILABLE';
  }
  switch (status) {
    case 401:
      return 'UNAUTHORISED';
    case 403:
    case 405:
      return 'NOT_PERMITTED';
    case 404:
    case 410:
      return request.names === 'account' ? 'GONE' : 'REJECTED';
    case 409:
      return 'CONFLICT';
    case 429:
      return 'THROTTLED';
    default:
      return 'REJECTED';
  }
}

function refusalMessage(
  title: string,
  request: ClientRequest,
  reply: VendorReply,
  code: VendorErrorCode,
): string {
  const what = nameCall(request);
  const { status } = reply;
  const reason = vendorReason(reply);
  const said = reason ? `HTTP ${status}: ${reason}` : `HTTP ${status}`;
  if (status >= 300 && status < 400) {
    return `${title} redirects ${what} elsewhere (HTTP ${status}) and Causeway follows no redirects: check the connection’s baseUrl setting.`;
  }
  if ((status === 404 || status === 410) && code === 'REJECTED') {
    return `${title} does not know ${what} (${said}): check the connection’s baseUrl setting.`;
  }
  switch (code) {
    case 'UNAUTHORISED':
      return `${title} does not accept the connection’s credential (${said}): replace it.`;
    case 'NOT_PERMITTED':
      return `${title} does not let this credential make ${what} (${said}).`;
    case 'GONE':
      return `${title} no longer has this account (${said}).`;
    case 'CONFLICT':
      return `${title} has it already (${said}).`;
    case 'THROTTLED':
      return `${title} asks for fewer calls (${said}).`;
    case 'UNCERTAIN':
      return `${title} failed during ${what}, which may have taken effect (${said}).`;
    case 'UNAVAILABLE':
      return `${title} is out of order for now (${said}).`;
    default:
      return `${title} refused ${what} (${said}).`;
  }
}

/**
 * Retry-After in either form of RFC 9110 §10.2.3, as epoch ms.
 * @internal
 */
export function retryAt(header: string | undefined, now: number): number | undefined {
  if (header === undefined) return undefined;
  const seconds = Number(header);
  if (header.trim() !== '' && Number.isFinite(seconds)) return now + Math.max(0, seconds) * 1000;
  const date = Date.parse(header);
  return Number.isNaN(date) ? undefined : Math.max(now, date);
}

/** The vendor's own words in one line; undefined for an empty body, an HTML page or anything else but JSON and short text. */
export function vendorReason(reply: VendorReply): string | undefined {
  const text = reply.body.trim();
  if (text === '' || text.startsWith('<')) return undefined;
  const parsed = parseJson(text);
  const found = parsed === undefined ? text : findReason(parsed, 0);
  return found === undefined ? undefined : clean(found);
}

/** undefined where the text is not JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function findReason(value: unknown, depth: number): string | undefined {
  if (typeof value === 'string') return value;
  if (depth > 3 || typeof value !== 'object' || value === null) return undefined;
  if (Array.isArray(value)) return findReason(value[0], depth + 1);
  if (!isJsonObject(value)) return undefined;
  for (const name of REASON_NAMES) {
    const reason = findReason(value[name], depth + 1);
    if (reason) return reason;
  }
  return depth === 0 ? undefined : fieldReason(value, depth);
}

/** `{"errors":{"email":["is invalid"]}}` → `email is invalid`. */
function fieldReason(value: Record<string, unknown>, depth: number): string | undefined {
  const [field, nested] = Object.entries(value)[0] ?? [];
  const reason = findReason(nested, depth + 1);
  return field && reason ? `${field} ${reason}` : undefined;
}

function clean(text: string): string {
  const line = text.replace(/[\p{Cc}\p{Cf}\s]+/gu, ' ').trim();
  return line.length > REASON_LENGTH ? `${line.slice(0, REASON_LENGTH)}…` : line;
}
