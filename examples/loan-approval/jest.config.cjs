module.exports = { preset: '../../jest.preset.cjs', displayName: 'loan-approval' };
