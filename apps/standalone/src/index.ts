export * from './embedded-postgres';
export * from './local-keys';
export * from './standalone';
