const auto ${name} = [&](int${row}, int${at}) -> real {
    ${decode}
    //:if bounds
    if (!${inside}) return 0;
    //:end
    return ${value};
};
