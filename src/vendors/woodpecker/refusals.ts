import { VendorError, type VendorErrorCode } from '../../core/errors.ts';
import type { Call } from '../../vendor-kit/client.ts';
import type { VendorReply } from '../../vendor-kit/http.ts';

/** What the codes of the help page "Error codes" say where HTTP 400 says too little; all others refuse the data. */
const MEANINGS: Record<string, readonly [code: VendorErrorCode, message: string]> = {
  E_TOO_MANY_REQUESTS: ['THROTTLED', 'Woodpecker asks for fewer calls'],
  E_SESSION: ['UNAUTHORISED', 'Woodpecker does not accept the connection’s API key; replace it'],
  E_RECORD_NOT_FOUND: ['GONE', 'Woodpecker no longer has this guest'],
};
const NOT_FOUND = ['E_URL_NOT_FOUND', 'E_RECORD_NOT_FOUND'];

/** Reads Woodpecker's own codes, wherever in a body they stand (its shape is not documented), and a 404 that can only be the company's. */
export function recognise(companyId: number): (call: Call, reply: VendorReply) => VendorError | undefined {
  return (call, { status, body }) => {
    if (status < 400 || status >= 500) return undefined;
    const code = /\bE_[A-Z_]{1,40}\b/.exec(body)?.[0] ?? '';
    const said = code ? `HTTP ${status}: ${code}` : `HTTP ${status}`;
    if ((status === 404 || NOT_FOUND.includes(code)) && call.names !== 'account') {
      const message = `Woodpecker does not know the company ${companyId} (${said}): check the connection’s companyId and baseUrl settings.`;
      return new VendorError('REJECTED', message, { status });
    }
    const refusal = ['REJECTED', `Woodpecker refused ${call.method} ${call.path.split('?')[0]}`] as const;
    const meaning = MEANINGS[code] ?? (code && status === 400 ? refusal : undefined);
    return meaning && new VendorError(meaning[0], `${meaning[1]} (${said}).`, { status });
  };
}
