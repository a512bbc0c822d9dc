/** The status of a client that asked too often. */
export const tooMany = 429;

/** What is seen where the edge went on answering {@link tooMany}: nothing was learned. */
export const rateLimited = 'rate limited: try again in a minute';
