/** The base of every error that Causeway throws on purpose; `code` is a literal, so that `switch` is exhaustive. */
export abstract class CausewayError extends Error {
  abstract readonly code: string;

  constructor(message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** What a failed vendor call means for what happens next (the error table in docs/delivery). */
export type VendorErrorCode =
  /** The vendor refuses the data: stop and tell the identity provider or the operator. */
  | 'REJECTED'
  /** The vendor's bad-key answer: confirmed by `verify()`, it pauses the connection. */
  | 'UNAUTHORISED'
  /** This credential may not make this call: a task for this account, others go on. */
  | 'NOT_PERMITTED'
  /** The account is no longer there: plan again. */
  | 'GONE'
  /** It exists already: find, then adopt by policy. */
  | 'CONFLICT'
  /** Wait until `retryAt`. */
  | 'THROTTLED'
  /** Nothing can have happened: back off. */
  | 'UNAVAILABLE'
  /** A call with effects may have been carried out: find before any repeat. */
  | 'UNCERTAIN'
  /** A read's reply is not what the vendor documents. */
  | 'UNREADABLE';

export class VendorError extends CausewayError {
  readonly code: VendorErrorCode;
  /** Epoch ms before which the vendor asks not to be called; THROTTLED, sometimes UNAVAILABLE. */
  readonly retryAt: number | undefined;
  /** HTTP status of the vendor's answer, where there was one. */
  readonly status: number | undefined;
  /** The call with effects was answered yes; only a check after it failed, or does not show what was asked for. */
  readonly answered: boolean;
  /** Fields of a refused create without which it may be made. */
  readonly without: readonly string[];

  constructor(
    code: VendorErrorCode,
    message: string,
    options: {
      retryAt?: number | undefined;
      status?: number | undefined;
      answered?: boolean;
      without?: readonly string[];
      cause?: unknown;
    } = {},
  ) {
    super(message, { cause: options.cause });
    this.code = code;
    this.retryAt = options.retryAt;
    this.status = options.status;
    this.answered = options.answered ?? false;
    this.without = options.without ?? [];
  }
}

/** A value that must be unique in its connection is taken (RFC 7644 §3.12, `uniqueness`). */
export class NotUnique extends CausewayError {
  readonly code = 'NOT_UNIQUE';
}

/** Some of the values given as members are neither a User nor a Group of this connection. */
export class UnknownMembers extends CausewayError {
  readonly code = 'UNKNOWN_MEMBERS';
  readonly ids: readonly string[];

  constructor(ids: readonly string[]) {
    super(`These members are neither a User nor a Group here: ${ids.slice(0, 20).join(', ')}`);
    this.ids = ids;
  }
}

/** The resource's version is not the one that the caller named (`If-Match`). */
export class VersionMismatch extends CausewayError {
  readonly code = 'VERSION_MISMATCH';
}

/** The store cannot be read or written now: HTTP 503, never 404. */
export class StoreUnavailable extends CausewayError {
  readonly code = 'STORE_UNAVAILABLE';
}

/** Another instance delivers this connection by now; what was begun here is in doubt there. */
export class LeaseLost extends CausewayError {
  readonly code = 'LEASE_LOST';

  constructor() {
    super('Another instance of Causeway delivers this connection now.');
  }
}

/** A read took longer than any may: the caller has to ask for less (RFC 7644 §3.12, `tooMany`). */
export class ReadTooLong extends CausewayError {
  readonly code = 'READ_TOO_LONG';

  constructor(options?: { cause?: unknown }) {
    super(
      'The search took longer than 10 seconds and was ended. Search by userName, externalId, emails or id, or leave out sortBy.',
      options,
    );
  }
}

/** The operator asked for something that cannot be done; the message says why and what to do. */
export class OperatorError extends CausewayError {
  readonly code = 'OPERATOR';
}
