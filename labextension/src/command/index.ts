export { CommandBar } from './bar';
export { Conversation } from './conversation';
