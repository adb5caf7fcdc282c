/** One attribute as RFC 7643 §7 describes it; discovery answers it and every reader obeys it. */
export interface Attribute {
  name: string;
  type: 'string' | 'boolean' | 'decimal' | 'integer' | 'dateTime' | 'binary' | 'reference' | 'complex';
  multiValued: boolean;
  required: boolean;
  caseExact: boolean;
  mutability: 'readOnly' | 'readWrite' | 'immutable' | 'writeOnly';
  returned: 'always' | 'never' | 'default' | 'request';
  uniqueness: 'none' | 'server' | 'global';
  description: string;
  /** Suggestions (RFC 7643 §7): other values are accepted and kept. */
  canonicalValues?: string[];
  referenceTypes?: string[];
  subAttributes?: Attribute[];
}

export interface Extension {
  urn: string;
  name: string;
  description: string;
  required: boolean;
  attributes: Attribute[];
}

export interface ResourceSchema {
  resource: 'User' | 'Group';
  urn: string;
  name: string;
  description: string;
  /** The core ones, and the common ones of RFC 7643 §3: `id`, `externalId`, `meta`, `schemas`. */
  attributes: Attribute[];
  extensions: Extension[];
}

type Traits = Pick<Attribute, 'name' | 'description'> & Partial<Attribute>;

/** An attribute with the defaults of RFC 7643 §2.2. */
export function attribute(traits: Traits): Attribute {
  return {
    type: 'string',
    multiValued: false,
    required: false,
    caseExact: false,
    mutability: 'readWrite',
    returned: 'default',
    uniqueness: 'none',
    ...traits,
  };
}
