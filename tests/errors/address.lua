print(tostring({}))
