export { claimData } from './claim';
export * from './command-line';
export * from './embedded-postgres';
export * from './local-keys';
export * from './standalone';
export { allowedHost, type AllowedHost } from '@fermata/sdk';
