/** What work of the mover's waits for: transactions of the application, told by whose they are. */
export { listTransactions, longTransactions } from './long-transactions.ts';
export { tellWaits } from './tell-waits.ts';
