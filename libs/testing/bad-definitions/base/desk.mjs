export const classify = () => ({
  kind: 'question',
  amount: 0,
  urgent: false,
  level: 1,
  source: 'model',
  tags: [],
  lines: [],
});
export const look = () => ({});
export const print = () => ({});
export const count = () => ({});
