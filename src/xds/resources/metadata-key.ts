// The key under which what is ours travels in filter_metadata: the pod behind an endpoint, what callers of a cluster speak.
export const METADATA_KEY = 'switchboard.dev';
