/* ${file} -- written by gagen: ${command}

${banner}
*/
//:if precision
#define GG_COMPUTE ${compute}
//:end
